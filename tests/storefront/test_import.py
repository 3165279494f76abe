from __future__ import annotations

import hashlib
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from storefront import services
from storefront.imports.plain_text import plain_text
from storefront.models import Category, Product, ProductPicture, Variant
from tests.storefront.factories import BasketLineFactory, VariantFactory, picture_bytes

pytestmark = pytest.mark.django_db

OLD = (
    "Handle,Title,Body (HTML),Vendor,Type,Published,Option1 Name,Option1 Value,"
    "Variant SKU,Variant Inventory Qty,Variant Price,Image Src,Image Position,"
    "Image Alt Text,Status\n"
)
CUP = (
    'cup,Cup,"<p>Thick walls.</p><p>Keeps warm.</p>",Amsel,Living,TRUE,Size,Small,'
    "CUP-S,5,14.00,cup.png,1,A cup,active\n"
    "cup,,,,,,,Large,CUP-L,3,18.00,side.png,2,From the side,\n"
    "cup,,,,,,,,,,,inside.png,3,From inside,\n"
)
GERMAN = (
    "Handle,Title,Body (HTML),Type,Option1 Name,Option1 Value,Image Position,"
    "Image Alt Text\n"
    "cup,Tasse,<p>Dicke Wände.</p>,Wohnen,Größe,Klein,1,Eine Tasse\n"
    "cup,,,,,Groß,2,Von der Seite\n"
)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, colour in {"cup": "red", "side": "green", "inside": "blue"}.items():
        (folder / f"{name}.png").write_bytes(picture_bytes(colour))
    return folder


@pytest.fixture
def run(tmp_path, folder):
    def run(text=OLD + CUP, *, german="", pictures=True, **options):
        catalogue = tmp_path / "catalogue.csv"
        catalogue.write_bytes(text if isinstance(text, bytes) else text.encode())
        texts = {}
        if german:
            texts["de"] = tmp_path / "german.csv"
            texts["de"].write_text(german)
        return services.import_catalogue(
            catalogue, texts=texts, pictures=folder if pictures else None, **options
        )

    return run


def errors_of(run, *args, **options):
    with pytest.raises(services.ImportRefused) as refused:
        run(*args, **options)
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    return [(e.line, e.column) for e in refused.value.errors]


def test_a_shopify_file_becomes_products(run):
    report = run(german=GERMAN)

    assert report.created == ("cup",)
    assert report.stored_pictures == 3
    page = services.product_page("cup", language="de")
    assert (page.name, page.vendor, page.category_name) == ("Tasse", "Amsel", "Wohnen")
    assert page.paragraphs == ("Dicke Wände.",)
    assert [v.label for v in page.purchase.variants] == ["Klein", "Groß"]
    assert page.purchase.option_names == "Größe"
    assert [p.alt for p in page.pictures] == [
        "Eine Tasse",
        "Von der Seite",
        "From inside",
    ]
    english = services.product_page("cup", language="en")
    assert english.paragraphs == ("Thick walls.", "Keeps warm.")
    assert [v.price.amount for v in english.purchase.variants] == [14, 18]
    assert [v.left for v in english.purchase.variants] == [5, 3]
    assert [c.key for c in services.listing(language="de", query="klein wohn")] == [
        "cup"
    ]


def test_the_same_file_again_changes_nothing(run):
    run(german=GERMAN)

    with CaptureQueriesContext(connection) as queries:
        report = run(german=GERMAN)

    assert (report.created, report.changed, report.unchanged) == ((), (), ("cup",))
    assert report.stored_pictures == 0
    writes = ("INSERT", "UPDATE", "DELETE")
    assert not [q["sql"] for q in queries if q["sql"].startswith(writes)]


def test_what_differs_is_changed_and_nothing_else(run):
    run(german=GERMAN)
    kept = Variant.objects.get(sku="CUP-L").pk

    report = run(OLD + CUP.replace("18.00", "19.50").replace(",3,19", ",7,19"))

    assert report.changed == ("cup",)
    variant = Variant.objects.get(sku="CUP-L")
    assert (variant.pk, variant.price, variant.on_hand) == (kept, Decimal("19.50"), 7)
    assert services.product_page("cup", language="de").name == "Tasse"
    assert services.product_page("cup", language="de").pictures[0].alt == "Eine Tasse"


def test_shopifys_new_headers_are_read_too(run):
    run(
        "Title,URL handle,Description,Vendor,Type,Published on online store,Status,SKU,"
        "Option1 name,Option1 value,Price,Inventory quantity,Product image URL,"
        "Image position,Image alt text\r\n"
        "Cup,cup,Thick walls.,Amsel,Living,TRUE,Active,CUP-S,Size,Small,14.0,5,cup.png,1,A cup\r\n"
    )

    page = services.product_page("cup", language="en")
    assert page.purchase.price_text == "€14.00"
    assert page.pictures[0].alt == "A cup"


def test_a_product_with_one_variant_needs_only_a_title_and_a_price(run):
    run(
        "\ufeffTitle,Price,Option1 Name,Option1 Value\nTea Towel,9.9,Title,Default Title\n"
    )

    [variant] = Variant.objects.all()
    assert (variant.product.key, variant.sku) == ("tea-towel", "tea-towel")
    assert (variant.on_hand, variant.price) == (0, Decimal("9.90"))
    assert (
        services.product_page("tea-towel", language="en").purchase.variants[0].label
        == ""
    )


@pytest.mark.parametrize(
    ("change", "is_published"),
    [
        ((",TRUE,", ",TRUE,"), True),
        ((",TRUE,", ",yes,"), True),
        ((",TRUE,", ",FALSE,"), False),
        ((",TRUE,", ",,"), False),
        (("active", "draft"), False),
        (("active", "Archived"), False),
    ],
)
def test_what_is_not_published_stays_hidden(run, change, is_published):
    run(OLD + CUP.replace(*change))

    assert Product.objects.get().is_published is is_published


def test_quoted_line_breaks_do_not_shift_the_lines_of_errors(run):
    text = (
        OLD
        + 'a,A,"one\ntwo\nthree",,,TRUE,,,A,1,9.00,,,,\nb,B,,,,TRUE,,,B,1,free,,,,\n'
    )

    assert errors_of(run, text) == [(5, "Variant Price")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("14.00", '"14,00"'), [(2, "Variant Price")]),
        (("14.00", "-1"), [(2, "Variant Price")]),
        (("14.00", "14.005"), [(2, "Variant Price")]),
        (("14.00", "NaN"), [(2, "Variant Price")]),
        (("14.00", "1e30"), [(2, "Variant Price")]),
        (("18.00", ""), [(3, "Variant Price")]),
        (("CUP-S,5", "CUP-S,many"), [(2, "Variant Inventory Qty")]),
        (("CUP-S,5", "CUP-S,5.5"), [(2, "Variant Inventory Qty")]),
        (("CUP-S,5", "CUP-S,99999999"), [(2, "Variant Inventory Qty")]),
        (("CUP-L", "CUP-S"), [(3, "Variant SKU")]),
        (("cup,Cup,", "cup,,"), [(2, "Title")]),
        (("cup,Cup,", f"cup,{'x' * 201},"), [(2, "Title")]),
        (("TRUE", "perhaps"), [(2, "Published")]),
        (("active", "sold"), [(2, "Status")]),
        (("side.png,2", "side.png,two"), [(3, "Image Position")]),
        (("side.png,2", "side.png,1"), [(3, "Image Position")]),
        (("side.png", "missing.png"), [(3, "Image Src")]),
        (("side.png", "../../etc/passwd"), [(3, "Image Src")]),
        (("side.png", "https://cdn.example/side.png"), [(3, "Image Src")]),
    ],
)
def test_a_wrong_cell_is_named_by_line_and_column(run, change, expected):
    assert change[0] in CUP
    assert errors_of(run, OLD + CUP.replace(*change, 1)) == expected


def test_all_errors_come_at_once_and_say_what_to_do(run):
    text = OLD + CUP.replace("14.00", "x").replace("18.00", "y").replace("TRUE", "?")

    with pytest.raises(services.ImportRefused) as refused:
        run(text)

    assert len(refused.value.errors) == 3
    assert str(refused.value.errors[0]) == (
        "catalogue.csv, line 2, column “Published”: “?” is neither TRUE nor FALSE. "
        "Write TRUE or FALSE."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [(1, "Title"), (1, "Variant Price")]),
        ("Name,Cost\nCup,3\n", [(1, "Title"), (1, "Variant Price")]),
        (b"Title,Price\nT\xe4sse,3\n", [(1, "")]),
        (b"Title,Price\n\x00,3\n", [(1, "")]),
        (b"PK\x03\x04\x00\x00", [(1, "")]),
        ("Handle,Title,Price\nCup Größe,Cup,3\n", [(2, "Handle")]),
        ('Title,Price\n"' + "x" * 140_000 + '",3\n', [(2, "")]),
    ],
    ids=["empty", "columns", "latin-1", "nul", "zip", "handle", "huge cell"],
)
def test_a_wrong_file_is_refused_in_words(run, text, expected):
    assert errors_of(run, text, pictures=False) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("cup,Tasse", "mug,Tasse"), [(2, "Handle"), (3, "Handle")]),
        (("cup,,,,,Groß,2,Von der Seite\n", ""), [(2, "Option1 Value")]),
        (("cup,Tasse", "cup,"), [(2, "Title")]),
    ],
)
def test_texts_must_fit_the_products(run, change, expected):
    german = GERMAN.replace(*change)

    assert errors_of(run, german=german)[0] in expected


def test_texts_find_their_variants_by_sku_in_any_order(run):
    german = (
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU\n"
        "cup,Tasse,Größe,Groß,CUP-L\n"
        "cup,,,Klein,CUP-S\n"
    )

    run(german=german)

    page = services.product_page("cup", language="de")
    assert [v.label for v in page.purchase.variants] == ["Klein", "Groß"]
    wrong = german.replace("CUP-S", "CUP-X")
    with pytest.raises(services.ImportRefused, match="CUP-X"):
        run(german=wrong)


def test_a_sku_of_another_product_is_not_taken_over(run):
    other = VariantFactory(sku="CUP-S")

    with pytest.raises(services.ImportRefused, match="CUP-S"):
        run()

    assert Variant.objects.get() == other


def test_a_picture_that_is_refused_leaves_nothing_half_imported(run, settings):
    settings.STOREFRONT_PICTURE_RENDERER = "tests.storefront.renderers.Fussy"

    assert errors_of(run) == [(2, "Image Src"), (3, "Image Src"), (4, "Image Src")]


def test_an_error_while_writing_leaves_nothing_half_imported(run, monkeypatch):
    def fail(keys):
        raise RuntimeError("database")

    monkeypatch.setattr("storefront.services.importing.index_products", fail)

    with pytest.raises(RuntimeError):
        run()

    assert not Product.objects.exists()


def test_one_file_is_stored_once_for_all_that_show_it(run, folder):
    (folder / "copy.png").write_bytes((folder / "cup.png").read_bytes())

    report = run(OLD + CUP.replace(",side.png", ",copy.png"))

    assert report.stored_pictures == 2
    first, second, _third = ProductPicture.objects.order_by("position")
    assert first.reference == second.reference
    assert first.sha256 == hashlib.sha256((folder / "cup.png").read_bytes()).hexdigest()


def test_pictures_follow_the_file(run, folder):
    run()
    (folder / "cup.png").write_bytes(picture_bytes("yellow"))

    report = run(OLD + "\n".join(CUP.splitlines()[:2]) + "\n")

    assert report.stored_pictures == 1
    assert [p.position for p in ProductPicture.objects.order_by("position")] == [1, 2]


def test_without_the_folder_pictures_stay_as_they_are(run):
    run()

    report = run(OLD + CUP.replace("side.png", "elsewhere.png"), pictures=False)

    assert report.unchanged == ("cup",)
    assert ProductPicture.objects.count() == 3


def test_a_variant_that_is_gone_leaves_the_shop_and_the_baskets(run):
    run()
    BasketLineFactory(variant=Variant.objects.get(sku="CUP-L"))

    run(OLD + CUP.splitlines()[0] + "\n")

    assert [v.sku for v in Variant.objects.all()] == ["CUP-S"]


def test_stock_that_somebody_is_paying_for_is_left_to_them(run):
    run()
    Variant.objects.filter(sku="CUP-S").update(reserved=4)
    Variant.objects.filter(sku="CUP-L").update(reserved=2)

    run(OLD + CUP.splitlines()[0].replace("CUP-S,5", "CUP-S,1") + "\n")

    rows = Variant.objects.order_by("sku").values_list("sku", "on_hand", "reserved")
    assert list(rows) == [("CUP-L", 2, 2), ("CUP-S", 4, 4)]


def test_an_empty_quantity_leaves_the_stock_alone(run):
    run()

    run(OLD + CUP.replace("CUP-S,5", "CUP-S,"))

    assert Variant.objects.get(sku="CUP-S").on_hand == 5


def test_the_command_imports_and_tells(run, tmp_path, folder):
    (tmp_path / "c.csv").write_text(OLD + CUP)
    (tmp_path / "g.csv").write_text(GERMAN)
    out = StringIO()

    call_command(
        "import_catalogue",
        str(tmp_path / "c.csv"),
        texts=[f"de={tmp_path / 'g.csv'}"],
        pictures=folder,
        stdout=out,
    )

    assert "1 products created" in out.getvalue()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"texts": ["german.csv"]}, "LANGUAGE=FILE.csv"),
        ({"currency": "XXX"}, "one of"),
        ({"pictures": "nowhere"}, "no such folder"),
        ({}, "1 to mend; nothing was imported"),
    ],
)
def test_the_command_says_what_is_wrong(tmp_path, options, words):
    (tmp_path / "c.csv").write_text(OLD + "cup,Cup,,,,TRUE,,,CUP,1,free,,,,\n")
    if "pictures" in options:
        options = {"pictures": tmp_path / "nowhere"}
    err = StringIO()

    with pytest.raises(CommandError, match=words):
        call_command("import_catalogue", str(tmp_path / "c.csv"), stderr=err, **options)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("Plain.", "Plain."),
        ("One\n\nTwo", "One\n\nTwo"),
        ("<p>One</p><p>Two &amp; three</p>", "One\n\nTwo & three"),
        ("One<br>two", "One\ntwo"),
        ("<ul><li>a</li><li>b</li></ul>", "• a\n• b"),
        ("<p>x<script>alert(1)</script>y</p>", "xy"),
        ("<style>p{}</style><p>x</p>", "x"),
        ("<p onclick=evil()>x", "x"),
        ("a &lt;b&gt; c", "a <b> c"),
        ("<<<", "<<<"),
        ("", ""),
    ],
)
def test_html_becomes_plain_paragraphs(html, text):
    assert plain_text(html) == text
