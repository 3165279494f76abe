"""What detectors see, in German: COCO's 80 classes, and things that shops ask about.

Labels are English; what the shop's own words have (``shop_words``) is not repeated.
"""

from __future__ import annotations

from media_pipeline.results import reason_code

from .shop_words import SHOP_WORDS

_COCO = """
person Mensch|car Auto|motorcycle Motorrad|motorbike Motorrad|airplane Flugzeug
aeroplane Flugzeug|bus Bus|train Zug|truck Lastwagen|boat Boot|traffic_light Ampel
fire_hydrant Hydrant|stop_sign Stoppschild|parking_meter Parkuhr|bird Vogel|cat Katze
dog Hund|horse Pferd|sheep Schaf|cow Kuh|elephant Elefant|bear Bär|zebra Zebra
giraffe Giraffe|umbrella Regenschirm|handbag Handtasche|suitcase Koffer|frisbee Frisbee
skis Ski|snowboard Snowboard|sports_ball Ball|kite Drachen|baseball_bat Baseballschläger
baseball_glove Baseballhandschuh|skateboard Skateboard|surfboard Surfbrett
tennis_racket Tennisschläger|wine_glass Weinglas|fork Gabel|knife Messer|spoon Löffel
banana Banane|apple Apfel|sandwich Sandwich|orange Orange|broccoli Brokkoli
carrot Karotte|hot_dog Hotdog|pizza Pizza|donut Donut|cake Kuchen|couch Sofa
pottedplant Topfpflanze|dining_table Esstisch|diningtable Esstisch|toilet Toilette
tv Fernseher|tvmonitor Bildschirm|mouse Computermaus|remote Fernbedienung
cell_phone Handy|oven Backofen|sink Spüle|refrigerator Kühlschrank|vase Vase
scissors Schere|hair_drier Föhn|toothbrush Zahnbürste
"""

_ASKED_ABOUT = """
weapon Waffe|weapons Waffen|weaponry Waffen|gun Schusswaffe|handgun Pistole
pistol Pistole|revolver Revolver|rifle Gewehr|shotgun Flinte|machine_gun Maschinengewehr
firearm Schusswaffe|ammunition Munition|bullet Patrone|grenade Granate|bomb Bombe
blade Klinge|dagger Dolch|sword Schwert|axe Axt|bow Bogen|arrow Pfeil|explosive Sprengstoff
fire Feuer|smoke Rauch|blood Blut|wound Wunde|injury Verletzung|corpse Leiche|skull Schädel
cigarette Zigarette|cigar Zigarre|smoking Rauchen|vape E-Zigarette|tobacco Tabak
drug Droge|drugs Drogen|pill Tablette|pills Tabletten|syringe Spritze|cannabis Cannabis
alcohol Alkohol|beer Bier|wine Wein|liquor Schnaps|cocktail Cocktail|gambling Glücksspiel
nudity Nacktheit|violence Gewalt|hate_symbol Hasszeichen|hate_symbols Hasszeichen
swastika Hakenkreuz|flag Flagge|logo Logo|brand Marke|text Text|watermark Wasserzeichen
screenshot Bildschirmfoto|face Gesicht|child Kind|baby Baby|people Menschen|man Mann
woman Frau|crowd Menschenmenge|license_plate Nummernschild|licence_plate Nummernschild
number_plate Nummernschild|qr_code QR-Code|barcode Strichcode|passport Reisepass
id_card Ausweis|credit_card Kreditkarte|document Dokument|money Geld|animal Tier
insect Insekt|rubbish Müll|trash Müll|mould Schimmel|mold Schimmel
"""

_GERMAN = {
    **dict(
        entry.split(" ", 1)
        for lines in (_COCO, _ASKED_ABOUT)
        for line in lines.split("\n")
        if line
        for entry in line.split("|")
    ),
    **{reason_code(word.word): word.german for word in SHOP_WORDS},
}
_ENGLISH = {reason_code(word.word): word.word for word in SHOP_WORDS}


def wording(label: str, language: str) -> str:
    """Return a label, or its reason code, in this language.

    One that is unknown is said as it is, with blanks for underscores.
    """
    code = reason_code(label)
    english = _ENGLISH.get(code) or label.replace("_", " ")
    return _GERMAN.get(code, english) if language.startswith("de") else english
