"""What columns are called in English, German, French and Spanish.

>>> plain("Vendor's Part-No."), plain('MengeVerkauft'), plain('Fecha de envío')
('vendor s part no', 'menge verkauft', 'fecha de envio')
>>> guess(['Datum', 'Artikelnummer', 'Kunde', 'Menge', 'VK-Preis', 'Notiz'])
{'ship_date': 0, 'part': 1, 'customer_name': 2, 'quantity': 3, 'resale_price': 4}
"""
import re
import unicodedata

#: What a column of a table can fill: the fields of a line, and ``kind``, in which a word says that something came back.
WORDS = {
    'part': """
        part|part no|part number|part nr|part num|mpn|mfr part|mfr part number|mfg part|mfg part number|mfpn|
        manufacturer part|manufacturer part number|vendor part|vendor part number|vendor part no|supplier part|
        supplier part number|item|item no|item number|item code|product|product code|product no|product number|product id|
        material|material number|model|model number|sku|mfr sku|vendor sku|artikel|artikelnr|artikelnummer|artikel nr|art nr|
        teil|teilenummer|teile nr|materialnummer|herstellernummer|herstellerartikelnummer|hersteller art nr|produkt|
        produktnummer|reference|ref|reference produit|reference fabricant|reference article|reference fournisseur|
        ref fabricant|code article|article|produit|code produit|referencia|referencia fabricante|codigo|codigo articulo|
        codigo producto|articulo|producto|numero de parte|pieza|numero de pieza""",
    'gtin': """
        ean|ean code|ean13|ean 13|gtin|gtin 13|gtin 14|upc|upc code|barcode|bar code|strichcode|code barre|code barres|
        codigo de barras|code ean""",
    'seller_part': """
        our part|our part number|distributor part|distributor part number|distributor sku|reseller sku|reseller part|
        internal part number|dist part|eigene artikelnummer|unsere artikelnummer|lieferantenartikelnummer|
        distributor artikelnummer|notre reference|reference distributeur|referencia distribuidor|nuestra referencia|
        customer part number|disti sku""",
    'description': """
        description|part description|product description|item description|product name|item name|bezeichnung|
        artikelbezeichnung|beschreibung|produktname|designation|libelle|description produit|descripcion|descripcion articulo|
        nombre producto|nombre del producto""",
    'quantity': """
        qty|quantity|units|units sold|qty sold|quantity sold|sold|sold qty|shipped qty|qty shipped|quantity shipped|pieces|
        pcs|claim quantity|menge|stueckzahl|stuckzahl|anzahl|stueck|stuck|verkaufte menge|verkaufsmenge|absatz|liefermenge|
        quantite|qte|quantite vendue|qte vendue|nombre|unites|unites vendues|cantidad|cantidad vendida|cant|unidades|
        unidades vendidas|uds""",
    'unit': """
        uom|um|unit|unit of measure|einheit|mengeneinheit|me|unite|unite de mesure|unidad|unidad de medida""",
    'resale_price': """
        resale|resale price|unit price|price|selling price|sell price|sales price|unit resale|resale unit price|net price|asp|
        verkaufspreis|vk preis|vk|preis|einzelpreis|stueckpreis|stuckpreis|netto preis|nettopreis|prix|prix unitaire|
        prix de vente|prix de revente|pu|pv|prix net|precio|precio unitario|precio de venta|precio de reventa|precio neto|pvp""",
    'authorized_cost': """
        authorized cost|authorised cost|approved cost|contract price|contract cost|special price|special cost|debit cost|
        net cost|spa price|sonderpreis|projektpreis|genehmigter preis|genehmigter einkaufspreis|vertragspreis|prix special|
        prix contractuel|prix derogatoire|cout autorise|precio especial|precio autorizado|coste autorizado|costo autorizado|
        precio de contrato""",
    'book_cost': """
        book cost|book price|cost|unit cost|list cost|distributor cost|distribution cost|dist cost|disti cost|catalog price|
        catalogue price|list price|acquisition cost|into stock cost|purchase price|purchase cost|einkaufspreis|ek preis|ek|
        listen ek|listenpreis|einstandspreis|kosten|prix d achat|prix achat|cout|prix catalogue|prix tarif|precio de compra|
        precio compra|coste|costo|precio de lista|precio catalogo""",
    'claimed_unit': """
        claim per unit|claim unit|unit claim|claimed per unit|debit per unit|unit debit|credit per unit|rebate per unit|
        unit rebate|gutschrift pro stueck|gutschrift je stueck|gutschrift je stuck|differenz je stueck|avoir unitaire|
        remise unitaire|credit unitaire|abono unitario|reclamacion unitaria""",
    'currency': """
        currency|cur|ccy|curr|currency code|iso currency|waehrung|wahrung|whg|devise|monnaie|code devise|moneda|divisa""",
    'ship_date': """
        date|ship date|shipment date|shipped date|date shipped|ship dt|sale date|sales date|date sold|date of sale|
        transaction date|pos date|resale date|delivery date|datum|verkaufsdatum|lieferdatum|versanddatum|versandtag|
        buchungsdatum|date de vente|date vente|date d expedition|date expedition|date de livraison|date livraison|fecha|
        fecha de venta|fecha venta|fecha de envio|fecha envio|fecha de entrega""",
    'invoice_date': """
        invoice date|date invoiced|inv date|billing date|rechnungsdatum|re datum|belegdatum|date de facture|date facture|
        date de facturation|fecha de factura|fecha factura""",
    'customer_name': """
        customer|customer name|end customer|end customer name|end user|end user name|endcustomer|enduser|sold to|sold to name|
        ship to|ship to name|account|account name|client|buyer|company|company name|kunde|kundenname|endkunde|endkundenname|
        abnehmer|warenempfaenger|warenempfanger|firma|nom client|client final|nom du client|nom client final|
        utilisateur final|cliente|cliente final|nombre cliente|nombre del cliente|usuario final""",
    'customer_id': """
        customer id|customer no|customer number|customer code|end customer id|end customer number|end customer code|
        end user id|sold to id|ship to id|account number|account id|vat|vat number|vat id|tax id|kundennummer|kunden nr|
        kundennr|endkundennummer|ust id|ust idnr|ustid|code client|numero client|n client|numero tva|n tva|tva|codigo cliente|
        numero cliente|id cliente|nif|cif""",
    'customer_street': """
        street|address|address 1|address line 1|customer address|end customer address|ship to address|strasse|straße|
        anschrift|adresse|rue|adresse client|direccion|calle|direccion cliente""",
    'customer_city': """
        city|town|customer city|end customer city|ship to city|ort|stadt|kundenort|wohnort|ville|ville client|ciudad|
        poblacion|localidad|ciudad cliente""",
    'customer_state': """
        state|province|region|customer state|end customer state|ship to state|bundesland|departement|provincia|estado""",
    'customer_zip': """
        zip|zip code|postal code|postcode|customer zip|end customer zip|end customer postal code|ship to zip|plz|postleitzahl|
        code postal|cp|codigo postal""",
    'customer_country': """
        country|country code|customer country|end customer country|ship to country|land|laendercode|landercode|lkz|pays|
        code pays|pais|codigo pais""",
    'seller_name': """
        distributor|distributor name|reseller|reseller name|dealer|dealer name|partner|partner name|branch|branch name|seller|
        store|shop|haendler|handler|haendlername|filiale|niederlassung|verkaeufer|verkaufer|distributeur|revendeur|
        nom revendeur|agence|magasin|vendeur|distribuidor|revendedor|sucursal|tienda|vendedor""",
    'seller_id': """
        distributor id|distributor number|distributor code|reseller id|reseller number|dealer id|dealer number|partner id|
        partner number|branch id|branch code|branch no|branch number|store id|store number|gln|haendlernummer|filialnummer|
        filial nr|code revendeur|code distributeur|code agence|code magasin|codigo distribuidor|codigo sucursal""",
    'authorization': """
        authorization|authorisation|authorization number|authorization no|auth|auth no|auth number|spa|spa number|spa no|dpa|
        dpa number|special pricing authorization|special price number|contract|contract number|contract no|quote|quote number|
        quote no|deal|deal id|deal number|debit authorization|ship and debit number|sdr|price agreement|agreement number|
        genehmigung|genehmigungsnummer|sonderpreisnummer|sonderpreis nr|projektnummer|projekt nr|vertragsnummer|
        angebotsnummer|autorisation|numero autorisation|numero d autorisation|derogation|numero derogation|
        numero de derogation|contrat|numero contrat|numero de contrat|autorizacion|numero de autorizacion|numero autorizacion|
        contrato|numero de contrato|oferta""",
    'invoice': """
        invoice|invoice no|invoice number|invoice nr|inv|inv no|inv number|invoice id|document number|document no|rechnung|
        rechnungsnummer|rechnungs nr|rechnungsnr|re nr|beleg|belegnummer|belegnr|facture|numero facture|numero de facture|
        n facture|no facture|factura|numero factura|numero de factura|n factura|nro factura""",
    'invoice_line': """
        invoice line|invoice line no|invoice line number|line|line no|line number|line item|item line|pos|position|
        rechnungsposition|posnr|pos nr|zeile|ligne|ligne facture|numero ligne|numero de ligne|linea|linea factura|
        numero linea|numero de linea""",
    'order': """
        order|order no|order number|po|po number|po no|purchase order|customer po|customer order|customer po number|
        sales order|bestellung|bestellnummer|bestell nr|auftrag|auftragsnummer|commande|numero commande|numero de commande|
        bon de commande|pedido|numero pedido|numero de pedido|orden|orden de compra""",
    'debit_number': """
        debit|debit number|debit no|debit memo|debit memo number|debit note|claim number|claim no|claim reference|
        belastungsanzeige|belastungsnummer|note de debit|numero debit|nota de debito|nota debito|numero de reclamacion""",
    'serial': """
        serial|serial number|serial no|s n|sn|seriennummer|serien nr|seriennr|numero de serie|numero serie|n serie""",
    'kind': """
        type|transaction type|trans type|transaction|movement|movement type|sale or return|return|return flag|is return|typ|
        vorgang|art|vorgangsart|belegart|bewegungsart|retoure|type de mouvement|mouvement|retour|type mouvement|tipo|
        tipo de movimiento|movimiento|devolucion""",
}
#: What says in the column ``kind`` that something came back.
RETURNS = frozenset((
    'return', 'returns', 'returned', 'r', 'rma', 'ret', 'credit', 'credit note', 'credit memo', 'cm', 'reversal',
    'negative', 'true', 'yes', 'y', '1', 'retoure', 'retouren', 'ruckgabe', 'rueckgabe', 'ruecklieferung',
    'gutschrift', 'storno', 'ja', 'retour', 'retours', 'avoir', 'oui', 'devolucion', 'devoluciones', 'abono', 'si',
    'bn', 'ru', 'rv'))
TOTALS = frozenset((
    'total', 'totals', 'grand total', 'sum', 'subtotal', 'sub total', 'summe', 'gesamt', 'gesamtsumme', 'zwischensumme', 'somme',
    'sous total', 'total general', 'suma', 'totales'))
_SPLIT = re.compile(r'(?<=[a-z])(?=[A-Z])')
_OTHER = re.compile(r'[^a-z0-9]+')


def plain(text):
    """Return a heading without case, accents, and signs."""
    text = unicodedata.normalize('NFKD', _SPLIT.sub(' ', text.strip()).lower().replace('ß', 'ss').replace('№', ' no '))
    return _OTHER.sub(' ', ''.join(sign for sign in text if not unicodedata.combining(sign))).strip()


def _vocabulary():
    words = {}
    for name, phrases in WORDS.items():
        for phrase in phrases.replace('\n', '').split('|'):
            words.setdefault(plain(phrase), name)
    return words


VOCABULARY = _vocabulary()


def recognize(heading):
    """Return ``(field, how sure)`` for one heading, ``('', 0)`` when it says nothing.

    >>> recognize('Invoice #'), recognize('Qty Sold (pcs)'), recognize('Colour')
    (('invoice', 3), ('quantity', 2), ('', 0))
    """
    text = plain(heading)
    if text in VOCABULARY:
        return VOCABULARY[text], 3
    words = text.split()
    # The longest run of words that is known, and only where it leaves little unsaid.
    for length in range(len(words) - 1, 0, -1):
        if length * 2 < len(words):
            break
        for start in range(len(words) - length + 1):
            found = VOCABULARY.get(' '.join(words[start:start + length]))
            if found:
                return found, 2 if length * 3 >= len(words) * 2 else 1
    return '', 0


def guess(names):
    """Return ``{field: index}`` for a row of headings: the surest column of each field, the first of equals."""
    best = {}
    for index, heading in enumerate(names):
        field, sure = recognize(heading)
        if field and sure > best.get(field, (0, 0))[0]:
            best[field] = (sure, index)
    return {field: index for field, (_sure, index) in sorted(best.items(), key=lambda item: item[1][1])}
