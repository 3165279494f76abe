"""A person with a browser that knows links, forms and cookies, and no script."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""


@dataclass
class Answer:
    status: int
    url: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()

    def form(self, *, action: str = "", says: str = "") -> Form:
        """The first form whose address ends so and whose text says so."""
        parser = _Forms()
        parser.feed(self.text)
        for form in parser.forms:
            if form.action.endswith(action) and says in form.text:
                return form
        raise AssertionError(f"No form {action!r} {says!r} at {self.url}")

    def addresses(self, containing: str) -> list[str]:
        """Addresses of links and pictures on the page, without repetition."""
        parser = _Forms()
        parser.feed(self.text)
        return list(
            dict.fromkeys(each for each in parser.addresses if containing in each)
        )


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.addresses: list[str] = []
        self._open: Form | None = None
        self._select = ""
        self._is_chosen = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.addresses.append(of.get("href", ""))
        if tag in ("img", "source"):
            self.addresses.append(of.get("src", ""))
            for each in of.get("srcset", "").split(","):
                self.addresses.extend(each.split()[:1])
        if tag == "form":
            self._open = Form(of.get("action", ""), of.get("method", "get").lower())
            self.forms.append(self._open)
        if self._open is None:
            return
        name = of.get("name", "")
        if tag == "select":
            self._select, self._is_chosen = name, False
        elif tag == "option" and self._select:
            if "selected" in of and self._is_chosen:
                self._open.fields.pop()
            if "disabled" not in of and ("selected" in of or not self._is_chosen):
                self._open.fields.append((self._select, of.get("value", "")))
                self._is_chosen = True
        elif tag == "textarea" and name:
            self._open.fields.append((name, ""))
        elif tag == "input" and name and _is_sent(of):
            self._open.fields.append((name, of.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self._open.text += data


def _is_sent(attributes: Mapping[str, str]) -> bool:
    kind = attributes.get("type", "text")
    if kind in ("checkbox", "radio"):
        return "checked" in attributes
    return kind not in ("file", "submit", "button")


class _AnswersAreAnswers(urllib.request.HTTPErrorProcessor):
    """A 404 is an answer too, but redirects are followed."""

    def http_response(self, request, response):
        if response.status in (301, 302, 303, 307, 308):
            return super().http_response(request, response)
        return response

    https_response = http_response


class Visitor:
    """Asks one site, keeps its cookies, and sends what a browser would."""

    def __init__(self, site: str, **headers: str) -> None:
        self.site = site
        self.headers = headers
        self.cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), _AnswersAreAnswers()
        )

    def get(self, address: str) -> Answer:
        return self._ask(urllib.request.Request(self._whole(address)))

    def submit(
        self,
        page: Answer,
        form: Form,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        **values: str | list[str],
    ) -> Answer:
        """Send a form of a page with these values in place of its own."""
        sent = [(name, value) for name, value in form.fields if name not in values]
        for name, value in values.items():
            each = value if isinstance(value, list) else [value]
            sent.extend((name, one) for one in each)
        address = urllib.parse.urljoin(page.url, form.action)
        if form.method == "get":
            return self.get(f"{address}?{urllib.parse.urlencode(sent)}")
        body, kind = _multipart(sent, files or {})
        request = urllib.request.Request(address, data=body)
        request.add_header("Content-Type", kind)
        request.add_header("Origin", self.site)
        request.add_header("Referer", page.url)
        request.add_header("Sec-Fetch-Site", "same-origin")
        return self._ask(request)

    def _whole(self, address: str) -> str:
        return urllib.parse.urljoin(self.site, address)

    def _ask(self, request: urllib.request.Request) -> Answer:
        for name, value in self.headers.items():
            request.add_header(name.replace("_", "-"), value)
        with self._opener.open(request, timeout=240) as answer:
            return Answer(answer.status, answer.url, answer.read(), answer.headers)


def _multipart(
    fields: list[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]
) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + value.encode()
        + b"\r\n"
        for name, value in fields
    ]
    parts += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '
        f'filename="{file_name}"\r\nContent-Type: image/jpeg\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, (file_name, content) in files.items()
    ]
    body = b"".join(parts) + f"--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
