#!/usr/bin/env python
"""Run a management command of the complete site."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.development")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here. Run ./run setup first, or ./run demo.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
