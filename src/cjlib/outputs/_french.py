"""The report in French; the English text is the key."""

from __future__ import annotations

import re

__all__ = ["FRENCH"]

SENTENCES = {
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
NBSP = "\N{NO-BREAK SPACE}"
FRENCH = {
    english: re.sub("(?<=«) | (?=[»:;?!])", NBSP, french) for english, french in (SENTENCES | WORDS).items()
}
