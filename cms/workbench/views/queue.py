"""The queue, tab by tab."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from .. import queue as lists
from ..flash import pop_told
from ..forms import RefusalForm, reason_choices
from ..queue import Tab
from .desk import furniture, language, moderators_only, queue_url, tab_named


@require_GET
@moderators_only
def queue(request: HttpRequest) -> HttpResponse:
    tab = tab_named(request.GET.get("tab", ""))
    photos = lists.photos_in(tab)
    page = Paginator(lists.for_tiles(photos), lists.PHOTOS_PER_PAGE).get_page(
        request.GET.get("p")
    )
    context = {
        "tab": tab,
        "tabs": [
            {
                "tab": each,
                "url": queue_url(each),
                "count": lists.photos_in(each).count() if each.is_work else None,
            }
            for each in Tab
        ],
        "page": page,
        "can_choose": tab is Tab.WAITING,
        "tiles": lists.tiles(page.object_list, language()),
        "reasons": reason_choices(),
        "refusal": RefusalForm(),
        "told": pop_told(request),
    }
    return TemplateResponse(
        request,
        "shoppable_workbench/queue.html",
        {**furniture(gettext("Photos")), **context},
    )
