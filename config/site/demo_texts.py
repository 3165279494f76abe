"""The words of the demo shop's pages."""

from __future__ import annotations

from typing import Any

Fields = dict[str, dict[str, Any]]

EDITORS_GROUP = "Photo editors"

HOME: Fields = {
    "en": {
        "slug": "schaufenster",
        "title": "Schaufenster",
        "seo_title": "Schaufenster · a shop, seen through your eyes",
        "search_description": "Furniture, plants, cameras and shoes, in photos by the people who live with them.",
        "hero_title": "A shop, seen through your eyes",
        "hero_text": "Cushions after a long Sunday, cups on their way to cold, cameras that still work. Every photo here was taken by somebody who lives with the thing.",
    },
    "de": {
        "slug": "schaufenster-de",
        "title": "Schaufenster",
        "seo_title": "Schaufenster · ein Laden, mit euren Augen gesehen",
        "search_description": "Möbel, Pflanzen, Kameras und Schuhe, fotografiert von den Menschen, die damit leben.",
        "hero_title": "Ein Laden, mit euren Augen gesehen",
        "hero_text": "Kissen nach einem langen Sonntag, Tassen kurz vor dem Kaltwerden, Kameras, die noch funktionieren. Jedes Foto hier hat jemand gemacht, der mit dem Ding lebt.",
    },
}
HOME_STORY = {
    "en": {
        "newest": "Just arrived",
        "cards": "Seen in these photos",
        "one_photo": "One photo, three things",
    },
    "de": {
        "newest": "Gerade angekommen",
        "cards": "Auf diesen Fotos zu sehen",
        "one_photo": "Ein Foto, drei Dinge",
    },
}

SHOP: Fields = {
    "en": {
        "slug": "shop",
        "title": "Shop",
        "introduction": "Twenty-eight things we would buy again. Each with the photos of those who did.",
        "search_description": "All products of the shop, each with photos by customers.",
    },
    "de": {
        "slug": "shop",
        "title": "Laden",
        "introduction": "Achtundzwanzig Dinge, die wir wieder kaufen würden. Jedes mit den Fotos derer, die es getan haben.",
        "search_description": "Alle Produkte des Ladens, jedes mit Fotos von Kundinnen und Kunden.",
    },
}

GALLERIES: Fields = {
    "en": {
        "slug": "galleries",
        "title": "Galleries",
        "introduction": "Your photos, by what they are about. New ones find their place by themselves once we have looked at them.",
        "search_description": "Customers’ photos from homes, desks, streets and the outdoors.",
    },
    "de": {
        "slug": "galerien",
        "title": "Galerien",
        "introduction": "Eure Fotos, nach dem, wovon sie handeln. Neue finden von selbst ihren Platz, sobald wir sie angesehen haben.",
        "search_description": "Fotos von Kundinnen und Kunden: zu Hause, am Schreibtisch, auf der Straße und draußen.",
    },
}
GALLERY_WORDS = {
    "en": {
        "home": "At home",
        "coffee": "With coffee",
        "green": "Green",
        "street": "In the street",
        "outdoors": "Outdoors",
        "film": "On film",
    },
    "de": {
        "home": "Zu Hause",
        "coffee": "Mit Kaffee",
        "green": "Grün",
        "street": "Auf der Straße",
        "outdoors": "Draußen",
        "film": "Auf Film",
    },
}

GREEN: Fields = {
    "en": {
        "slug": "four-windowsills",
        "title": "Four windowsills",
        "introduction": "What grows at yours: an aloe that became eight, a spider plant without sun, and one kitchen floor full of soil.",
        "search_description": "Customers’ plants at home, and where to get them.",
    },
    "de": {
        "slug": "vier-fensterbretter",
        "title": "Vier Fensterbretter",
        "introduction": "Was bei euch wächst: eine Aloe, aus der acht wurden, eine Grünlilie ohne Sonne und ein Küchenboden voller Erde.",
        "search_description": "Pflanzen bei Kundinnen und Kunden zu Hause, und wo es sie gibt.",
    },
}
GREEN_STORY = {
    "en": {
        "first": "<p>Greta wrote to us that it had started with one aloe. Then came a cutting from a neighbour, a cactus as a farewell present, and a morning on which the windowsill was full.</p>",
        "second": "<p>What they have in common: none of them needs much. A bright place, a little water on the same day of the week, and a pot with a hole in it.</p>",
        "gallery": "More green from you",
        "cards": "To begin with",
    },
    "de": {
        "first": "<p>Greta schrieb uns, es habe mit einer Aloe angefangen. Dann kam ein Ableger von nebenan, ein Kaktus zum Abschied und ein Morgen, an dem das Fensterbrett voll war.</p>",
        "second": "<p>Was sie gemeinsam haben: Keine braucht viel. Einen hellen Platz, immer am gleichen Wochentag ein wenig Wasser und einen Topf mit einem Loch darin.</p>",
        "gallery": "Mehr Grün von euch",
        "cards": "Für den Anfang",
    },
}

CUP: Fields = {
    "en": {
        "title": "Stoneware cup",
        "search_description": "A thick-walled stoneware cup in three sizes, with photos from other people’s mornings.",
    },
    "de": {
        "title": "Tasse aus Steinzeug",
        "search_description": "Eine dickwandige Tasse aus Steinzeug in drei Größen, mit Fotos von den Morgen anderer Leute.",
    },
}
CUP_STORY = {
    "en": {
        "heading": "Forty a week, by two hands",
        "text": "<p>Each cup is thrown in one go, dries for nine days and is fired twice. The first firing makes it hard, the second one makes it shine. Of fifty, forty pass: the others become flowerpots.</p><p>“You can tell which ones were thrown before lunch”, says the potter. We cannot.</p>",
    },
    "de": {
        "heading": "Vierzig in der Woche, von zwei Händen",
        "text": "<p>Jede Tasse wird in einem Zug gedreht, trocknet neun Tage und brennt zweimal. Der erste Brand macht sie hart, der zweite macht sie glänzend. Von fünfzig bestehen vierzig: Die anderen werden Blumentöpfe.</p><p>„Man sieht, welche vor dem Mittagessen gedreht wurden“, sagt die Töpferin. Wir sehen es nicht.</p>",
    },
}

# By key, in the order of the foot.
TEXT_PAGES: dict[str, Fields] = {
    "terms": {
        "en": {
            "slug": "terms",
            "is_legal": True,
            "title": "Terms",
            "body": "<p>This is a demonstration. Nothing here is for sale: orders are not delivered, and the test payment takes no money.</p><h2>In a real shop</h2><p>Here you would read with whom you make a contract, when it comes about, what delivery costs and how long it takes.</p>",
        },
        "de": {
            "slug": "agb",
            "is_legal": True,
            "title": "AGB",
            "body": "<p>Dies ist eine Vorführung. Hier wird nichts verkauft: Bestellungen werden nicht geliefert, und die Testzahlung kostet nichts.</p><h2>In einem echten Laden</h2><p>Hier stünde, mit wem du einen Vertrag schließt, wann er zustande kommt, was die Lieferung kostet und wie lange sie dauert.</p>",
        },
    },
    "withdrawal": {
        "en": {
            "slug": "right-of-withdrawal",
            "is_legal": True,
            "title": "Right of withdrawal",
            "body": "<p>In a real shop you could send back what you bought within fourteen days, without a reason. This page would tell you how. In this demonstration nothing is delivered, so there is nothing to send back.</p>",
        },
        "de": {
            "slug": "widerruf",
            "is_legal": True,
            "title": "Widerrufsrecht",
            "body": "<p>In einem echten Laden könntest du vierzehn Tage lang ohne Grund zurückgeben, was du gekauft hast. Diese Seite würde sagen, wie. In dieser Vorführung wird nichts geliefert, also gibt es nichts zurückzugeben.</p>",
        },
    },
    "privacy": {
        "en": {
            "slug": "privacy",
            "is_legal": True,
            "title": "Privacy",
            "body": "<p>Looking around sets no cookie. A basket and a photo you send each set one, so that we find them again.</p><h2>Your photos</h2><p>We keep your photo, the name you chose, and your e-mail address only if you gave it for answers. Place and camera data are taken out of every file before anybody sees it. We show a photo only where you allowed it, and take it down when you take it back.</p><p>In this demonstration everything stays on the machine it runs on.</p>",
        },
        "de": {
            "slug": "datenschutz",
            "is_legal": True,
            "title": "Datenschutz",
            "body": "<p>Wer sich umsieht, bekommt kein Cookie. Ein Warenkorb und ein geschicktes Foto setzen je eines, damit wir sie wiederfinden.</p><h2>Deine Fotos</h2><p>Wir behalten dein Foto, den Namen, den du gewählt hast, und deine E-Mail-Adresse nur, wenn du sie für Antworten angegeben hast. Ort und Kameradaten entfernen wir aus jeder Datei, bevor jemand sie sieht. Wir zeigen ein Foto nur dort, wo du es erlaubt hast, und nehmen es herunter, wenn du es zurücknimmst.</p><p>In dieser Vorführung bleibt alles auf dem Rechner, auf dem sie läuft.</p>",
        },
    },
    "imprint": {
        "en": {
            "slug": "imprint",
            "is_legal": True,
            "title": "Imprint",
            "body": "<p>Schaufenster is free software. This shop, its makers and its customers are invented to show what it does.</p><p>Whoever runs a real shop with it writes here who they are and how to reach them.</p>",
        },
        "de": {
            "slug": "impressum",
            "is_legal": True,
            "title": "Impressum",
            "body": "<p>Schaufenster ist freie Software. Dieser Laden, seine Werkstätten und seine Kundschaft sind erfunden, um zu zeigen, was sie kann.</p><p>Wer damit einen echten Laden betreibt, schreibt hier, wer er ist und wie man ihn erreicht.</p>",
        },
    },
    "about_the_photos": {
        "en": {
            "slug": "about-the-photos",
            "title": "About the photos",
            "body": "<p>The demo’s photos come from free packages, most of them from photographers on Unsplash; the file <em>demo/CREDITS.md</em> names every source. The names and words shown beside them are invented.</p><h2>How photos are chosen</h2><p>Software looks at each file first and says what it sees. A person decides, and gives a reason. Nobody is paid for a photo here, and nobody can buy a place.</p>",
        },
        "de": {
            "slug": "ueber-die-fotos",
            "title": "Über die Fotos",
            "body": "<p>Die Fotos der Vorführung kommen aus freien Paketen, die meisten von Fotografinnen und Fotografen auf Unsplash; die Datei <em>demo/CREDITS.md</em> nennt jede Quelle. Die Namen und Worte daneben sind erfunden.</p><h2>Wie Fotos ausgewählt werden</h2><p>Zuerst sieht Software jede Datei an und sagt, was sie erkennt. Ein Mensch entscheidet und nennt einen Grund. Niemand wird hier für ein Foto bezahlt, und niemand kann einen Platz kaufen.</p>",
        },
    },
}
