"""Which authority a person can turn to about their personal data: that of their country (C-11)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Authority:
    name: str
    url: str


_KNOWN = {
    "IT": Authority("Garante per la protezione dei dati personali", "https://www.garanteprivacy.it"),
    "NL": Authority("Autoriteit Persoonsgegevens", "https://autoriteitpersoonsgegevens.nl"),
    "GB": Authority("Information Commissioner's Office", "https://ico.org.uk"),
    "AT": Authority("Datenschutzbehörde", "https://www.dsb.gv.at"),
    "BE": Authority("Autorité de protection des données / Gegevensbeschermingsautoriteit",
                    "https://www.dataprotectionauthority.be"),
    "CH": Authority("EDÖB / PFPDT / IFPDT", "https://www.edoeb.admin.ch"),
    "DE": Authority("Bundesbeauftragte für den Datenschutz und die Informationsfreiheit", "https://www.bfdi.bund.de"),
    "ES": Authority("Agencia Española de Protección de Datos", "https://www.aepd.es"),
    "FR": Authority("Commission nationale de l'informatique et des libertés", "https://www.cnil.fr"),
    "IE": Authority("Data Protection Commission", "https://www.dataprotection.ie"),
    "LU": Authority("Commission nationale pour la protection des données", "https://cnpd.public.lu"),
    "PT": Authority("Comissão Nacional de Proteção de Dados", "https://www.cnpd.pt"),
}  # fmt: skip
# Where the authority of any other country of the Union is found.
ELSEWHERE = Authority("European Data Protection Board", "https://www.edpb.europa.eu/about-edpb/about-edpb/members_en")


def of(country: str) -> Authority:
    return _KNOWN.get(country, ELSEWHERE)
