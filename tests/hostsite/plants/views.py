from __future__ import annotations

from django.shortcuts import get_object_or_404, render

from .models import Plant


def plant(request, key):
    shown = get_object_or_404(Plant, key=key, is_sold=True)
    return render(request, "plants/plant.html", {"plant": shown})
