"""The report's words, numbers and times in English and French."""

from __future__ import annotations

import math
import re

import attrs
import numpy as np

from ..errors import UnknownNameError

__all__ = ["FRENCH", "Words", "isolated", "words"]

NBSP, THIN = "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"
LANGUAGES = ("en", "fr")


@attrs.frozen
class Words:
    """Says things in one language; call it with an English text to get that text."""

    language: str

    def __call__(self, text: str, **facts: object) -> str:
        """The text in this language, with its facts filled in."""
        said = FRENCH.get(text, text) if self.language == "fr" else text
        return said.format(**facts) if facts else said

    def counted(self, count: int, one: str, many: str, **facts: object) -> str:
        """The text for one or for many, ``{count}`` filled in; French counts 0 as one.

        >>> words("en").counted(1, "{count} signal", "{count} signals")
        '1 signal'
        """
        is_one = count in (0, 1) if self.language == "fr" else count == 1
        return self(one if is_one else many, count=self.number(count), **facts)

    def number(self, value: float, digits: int = 0) -> str:
        """A number as it is written here; a dash where there is none.

        >>> words("en").number(12345.678, 1), words("fr").number(12345.678, 1)
        ('12,345.7', '12\\u202f345,7')
        """
        if not math.isfinite(value):
            return "—"
        text = f"{value:,.{digits}f}"
        if self.language == "fr":
            return text.replace(",", THIN).replace(".", ",")
        return text

    def share(self, part: float, whole: float) -> str:
        """A percentage, a dash of nothing.

        >>> words("en").share(1, 8)
        '12.5\\xa0%'
        """
        if not whole:
            return "—"
        share = 100 * part / whole
        return f"{self.number(share, 1 if 0 < share < 99.95 else 0)}{NBSP}%"

    def days(self, value: float) -> str:
        """A length of time given in days, in the unit that reads best.

        >>> words("en").days(34.2), words("en").days(0.25)
        ('34\\xa0d', '6\\xa0h')
        """
        if not math.isfinite(value):
            return "—"
        if value < 1:
            hours = value * 24
            return f"{self.number(hours, 1 if 0 < hours < 1 else 0)}{NBSP}h"
        return f"{self.number(value, 1 if value < 10 else 0)}{NBSP}{'j' if self.language == 'fr' else 'd'}"

    def moment(self, value: np.datetime64) -> str:
        """A time to the minute, UTC.

        >>> words("en").moment(np.datetime64("2026-03-01T12:30:59"))
        '2026-03-01 12:30'
        """
        return "—" if np.isnat(value) else str(value.astype("datetime64[m]")).replace("T", " ")

    def day(self, value: np.datetime64) -> str:
        """The calendar day of a time, UTC."""
        return "—" if np.isnat(value) else str(value.astype("datetime64[D]"))


def isolated(text: str) -> str:
    """Text of the user's for the middle of a sentence, so that its direction stays its own."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def words(language: str) -> Words:
    """The words of a language.

    Raises:
        UnknownNameError: if the report does not speak it.
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language", language, LANGUAGES)
    return Words(language)


SENTENCES = {
    "Cap of “{group}”": "Plafond de « {group} »",
    "Cut off by the scale": "Coupé par l’échelle",
    "Missing measures, re-weighted": "Mesures manquantes, repondérées",
    "Human judgement": "Appréciation humaine",
    "Rounding": "Arrondi",
    "Override": "Valeur imposée",
    "{count} customer, in one stage at a time; {active} on the journey now.":
        "{count} client, dans une seule étape à la fois ; {active} en parcours.",
    "{count} customers, each in one stage at a time; {active} on the journey now.":
        "{count} clients, chacun dans une seule étape à la fois ; {active} en parcours.",
    "{count} has been lost ({share} of all).": "{count} a été perdu ({share} du total).",
    "{count} have been lost ({share} of all).": "{count} ont été perdus ({share} du total).",
    "Most are in “{stage}”: {count} customer.": "L’étape la plus peuplée est « {stage} » : {count} client.",
    "Most are in “{stage}”: {count} customers.": "L’étape la plus peuplée est « {stage} » : {count} clients.",
    "“{stage}” is furthest over its target: half of the visits last longer than {median}, "
    "the target is {target}.":
        "« {stage} » dépasse le plus son objectif : la moitié des visites dure plus de {median}, "
        "pour un objectif de {target}.",
    "{count} customer is over the limit of their stage.":
        "{count} client dépasse la limite de son étape.",
    "{count} customers are over the limit of their stage.":
        "{count} clients dépassent la limite de leur étape.",
    "{count} signal waits for an answer.": "{count} signal attend une réponse.",
    "{count} signals wait for an answer.": "{count} signaux attendent une réponse.",
    "Health is {mean} on average.": "La santé est de {mean} en moyenne.",
    "{count} customer is “{band}”.": "{count} client est « {band} ».",
    "{count} customers are “{band}”.": "{count} clients sont « {band} ».",
    "{count} row of the data was refused; see the data section.":
        "{count} ligne de données a été refusée ; voir la section Données.",
    "{count} rows of the data were refused; see the data section.":
        "{count} lignes de données ont été refusées ; voir la section Données.",
    "On the lines: how often each way was taken. Grey: never.":
        "Sur les lignes : le nombre de passages. En gris : aucun.",
    "Customers by band, in stages that are scored; {count} without a score.":
        "Clients par niveau, dans les étapes évaluées ; {count} sans score.",
    "How many customers have which score": "Répartition des scores",
    "Journey map: stages and the ways between them": "Carte du parcours : étapes et passages",
    "Limits of stages, deadlines of handoffs, answers to signals.":
        "Limites des étapes, délais des passages de relais, réponses aux signaux.",
    "Medians are Kaplan–Meier estimates: a customer who is still in a stage counts as at least as "
    "long as they have been there. “—” means that fewer than half have left.":
        "Les médianes sont des estimations de Kaplan–Meier : un client encore dans une étape compte pour au "
        "moins sa durée actuelle. « — » : moins de la moitié en est sortie.",
    "No row of the data was refused or noted.": "Aucune ligne de données n’a été refusée ni signalée.",
    "No signal waits for an answer.": "Aucun signal n’attend de réponse.",
    "Nobody has been scored.": "Aucun client n’a de score.",
    "Nothing has run over.": "Rien n’a dépassé.",
    "The lowest scores, and the parts that take most from them.":
        "Les scores les plus bas, et ce qui leur coûte le plus.",
    "The {shown} oldest of {count}.": "Les {shown} plus anciens sur {count}.",
    "What opens each way.": "Ce qui ouvre chaque voie.",
    "What was left out, and what deserves to be known.": "Ce qui a été écarté, et ce qu’il faut savoir.",
}  # fmt: skip

WORDS = {
    "As of {moment} UTC": "Au {moment} UTC",
    "At risk": "À risque",
    "Band": "Niveau",
    "Breaches": "Dépassements",
    "Coverage": "Couverture",
    "Criterion": "Critère",
    "Customer": "Client",
    "Customer journey report": "Rapport du parcours client",
    "Customers": "Clients",
    "Customers now": "Clients actuels",
    "Data": "Données",
    "Definitions": "Définitions",
    "Detail": "Détail",
    "Entered": "Entrés",
    "Fingerprint": "Empreinte",
    "Finished visits only": "Visites finies seulement",
    "Forward": "En avant",
    "From": "De",
    "Health": "Santé",
    "Health by stage": "Santé par étape",
    "Kind": "Nature",
    "Last": "Dernier",
    "Limit": "Limite",
    "Lost": "Perdus",
    "Map": "Carte",
    "Mean health": "Santé moyenne",
    "Median": "Médiane",
    "Median time": "Durée médiane",
    "Number": "Nombre",
    "On the journey": "En parcours",
    "Over limit": "Hors limite",
    "Over the limit": "Hors limite",
    "Place": "Lieu",
    "Raised": "Levé",
    "Reason": "Raison",
    "Score": "Score",
    "Sections": "Sections",
    "Severity": "Gravité",
    "Signal": "Signal",
    "Signals waiting": "Signaux en attente",
    "Stage": "Étape",
    "Stages": "Étapes",
    "Summary": "En bref",
    "Taken": "Passages",
    "Target": "Objectif",
    "To": "Vers",
    "Version {version}": "Version {version}",
    "Visits": "Visites",
    "What pulls it down": "Ce qui le fait baisser",
    "answer": "réponse",
    "critical": "critique",
    "data": "données",
    "deadline": "délai",
    "high": "élevée",
    "journey": "parcours",
    "limit": "limite",
    "low": "faible",
    "medium": "moyenne",
    "noted": "signalé",
    "refused": "refusé",
    "scorer": "barème",
    "since {day}": "depuis le {day}",
    "trace": "rejeu",
}

# French sets its quotation marks, colons and the like apart, and no line breaks there.
FRENCH = {
    english: re.sub("(?<=«) | (?=[»:;?!])", NBSP, french) for english, french in (SENTENCES | WORDS).items()
}
