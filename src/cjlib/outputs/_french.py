"""What the outputs say, in French."""

from __future__ import annotations

import re

from ..findings._french_names import VALUES

__all__ = ["FRENCH"]

NBSP = "\N{NO-BREAK SPACE}"

SENTENCES = {
    "Blue: went further. Amber: still there. Red: lost.":
        "Bleu : allés plus loin. Ambre : encore là. Rouge : perdus.",
    "Cap of “{group}”": "Plafond de « {group} »",
    "Chance alone: p {p} ({test}, corrected for all that was looked at)":
        "Hasard seul : p {p} ({test}, corrigé de tout ce qui a été examiné)",
    "Customers at risk are worth {money} a year.": "Les clients à risque valent {money} par an.",
    "Customers by band, in stages that are scored; {count} without a score.":
        "Clients par niveau, dans les étapes évaluées ; {count} sans score.",
    "Cut off by the scale": "Coupé par l’échelle",
    "Each as it was known at the end of its period, with what it is counted from.":
        "Chacun tel qu’on le connaissait à la fin de sa période, avec ce dont il est compté.",
    "Evidence of finding {number}: {shown} of {count} rows":
        "Preuves du constat {number} : {shown} lignes sur {count}",
    "Fell most since {day}: {customer}, from {before} to {after}.":
        "Plus forte baisse depuis le {day} : {customer}, de {before} à {after}.",
    "Fingerprints: equal ones were made from equal definitions and data.":
        "Empreintes : égales, elles viennent de définitions et de données égales.",
    "Half of the visits last longer than {median}; target {target}, limit {limit}.":
        "La moitié des visites dure plus de {median} ; objectif {target}, limite {limit}.",
    "Health is {mean} on average.": "La santé est de {mean} en moyenne.",
    "How far customers came at their furthest. Each went further, still stands there, or was lost "
    "without going further; whoever stands there may yet go on.":
        "Jusqu’où les clients sont allés au plus loin. Chacun est allé plus loin, est encore là, ou "
        "a été perdu sans aller plus loin ; qui est encore là peut encore avancer.",
    "How many customers have which score": "Répartition des scores",
    "How much of the weight of the scores rests on data.":
        "Part du poids des scores qui repose sur des données.",
    "Human judgement": "Appréciation humaine",
    "If nothing happens, lost to “{stage}” on {day}.":
        "Si rien ne se passe, perdu vers « {stage} » le {day}.",
    "In money it cannot be said: no attribute tells what customers are worth.":
        "En argent, on ne peut le dire : aucun attribut ne dit ce que valent les clients.",
    "In “{stage}” for {days}, since {day}.": "Dans « {stage} » depuis {days}, depuis le {day}.",
    "Journey map: stages and the ways between them": "Carte du parcours : étapes et passages",
    "Limits of stages, deadlines of handoffs, answers to signals.":
        "Limites des étapes, délais des passages de relais, réponses aux signaux.",
    "Medians are Kaplan–Meier estimates: a customer who is still in a stage counts as at least as "
    "long as they have been there. “—” means that fewer than half have left.":
        "Les médianes sont des estimations de Kaplan–Meier : un client encore dans une étape compte "
        "pour au moins sa durée actuelle. « — » : moins de la moitié en est sortie.",
    "Missing before “{stage}”:": "Il manque avant « {stage} » :",
    "Missing measures, re-weighted": "Mesures manquantes, repondérées",
    "Most are in “{stage}”: {count} customer.": "L’étape la plus peuplée est « {stage} » : {count} client.",
    "Most are in “{stage}”: {count} customers.": "L’étape la plus peuplée est « {stage} » : {count} clients.",
    "No key figures were given.": "Aucun chiffre clé n’a été fourni.",
    "No row of the data was refused or noted.": "Aucune ligne de données n’a été refusée ni signalée.",
    "No signal waits for an answer.": "Aucun signal n’attend de réponse.",
    "Nobody has been scored.": "Aucun client n’a de score.",
    "Nobody is in the lowest band.": "Personne n’est au niveau le plus bas.",
    "Nobody is over a limit, and no stage takes longer than its target.":
        "Personne ne dépasse une limite, et aucune étape ne dure plus que son objectif.",
    "Nobody's score has moved since {day}.": "Aucun score n’a bougé depuis le {day}.",
    "Nothing has run over.": "Rien n’a dépassé.",
    "Nothing waits, and nobody is at risk.": "Rien n’attend, et personne n’est à risque.",
    "Nothing was found, or nobody looked.": "Rien n’a été trouvé, ou personne n’a cherché.",
    "On the lines: how often each way was taken. Every stage and every finding leads to its details.":
        "Sur les lignes : le nombre de passages. Chaque étape et chaque constat mènent à leur détail.",
    "Override": "Valeur imposée",
    "Rounding": "Arrondi",
    "share of the customers in the stage who had the touchpoint":
        "part des clients de l’étape qui ont eu ce point de contact",
    "The costliest finding costs {days} customer-days so far.":
        "Le constat le plus coûteux coûte {days} jours-clients à ce jour.",
    "The costliest finding costs {money} in {days} customer-days.":
        "Le constat le plus coûteux coûte {money} en {days} jours-clients.",
    "The costliest first: by money, then by days, then by customers.":
        "Le plus coûteux d’abord : par argent, puis par jours, puis par clients.",
    "The score starts at {base}; what takes from it, and what adds to it:":
        "Le score part de {base} ; ce qui le baisse et ce qui le relève :",
    "The share of visits that still go on, day by day, with its 95 % band. Dashed: the target. Red: "
    "the limit.":
        "La part des visites encore en cours, jour après jour, avec sa bande à 95 %. Pointillés : "
        "l’objectif. Rouge : la limite.",
    "The {shown} most urgent of {count}: the most severe, and of these the oldest.":
        "Les {shown} plus urgents sur {count} : les plus graves, et parmi eux les plus anciens.",
    "This goes together; that one is the cause of the other is not shown.":
        "Cela va ensemble ; que l’un soit la cause de l’autre n’est pas montré.",
    "Waits for an answer since {day}:": "Attend une réponse depuis le {day} :",
    "What could not be computed, and what it needs:": "Ce qui n’a pu être calculé, et ce qu’il faudrait :",
    "What is to be reached, where and by when.": "Ce qui est visé, où et pour quand.",
    "What opens each way.": "Ce qui ouvre chaque voie.",
    "What was left out, and what deserves to be known.": "Ce qui a été écarté, et ce qu’il faut savoir.",
    "What was not looked for, and why:": "Ce qui n’a pas été cherché, et pourquoi :",
    "Whose score moved most since {day}: the largest falls, then the largest rises.":
        "Les scores qui ont le plus bougé depuis le {day} : les plus fortes baisses, puis les plus "
        "fortes hausses.",
    "With all evidence the score would lie between {between}.":
        "Avec toutes les données, le score serait entre {between}.",
    "{count} customer is over the limit of their stage.": "{count} client dépasse la limite de son étape.",
    "{count} customer is “{band}”.": "{count} client est « {band} ».",
    "{count} customer with a score is not in the trace and is left out here.":
        "{count} client qui a un score n’est pas dans le rejeu et n’est pas compté ici.",
    "{count} customer, in one stage at a time; {active} on the journey now.":
        "{count} client, dans une seule étape à la fois ; {active} en parcours.",
    "{count} customers are over the limit of their stage.":
        "{count} clients dépassent la limite de leur étape.",
    "{count} customers are “{band}”.": "{count} clients sont « {band} ».",
    "{count} customers with a score are not in the trace and are left out here.":
        "{count} clients qui ont un score ne sont pas dans le rejeu et ne sont pas comptés ici.",
    "{count} customers, each in one stage at a time; {active} on the journey now.":
        "{count} clients, chacun dans une seule étape à la fois ; {active} en parcours.",
    "{count} has been lost ({share} of all).": "{count} a été perdu ({share} du total).",
    "{count} have been lost ({share} of all).": "{count} ont été perdus ({share} du total).",
    "{count} row of the data was refused; see the data section.":
        "{count} ligne de données a été refusée ; voir la section Données.",
    "{count} rows of the data were refused; see the data section.":
        "{count} lignes de données ont été refusées ; voir la section Données.",
    "{count} signal waits for an answer.": "{count} signal attend une réponse.",
    "{count} signals wait for an answer.": "{count} signaux attendent une réponse.",
    "{events} events of {customers} customers were replayed.":
        "{events} événements de {customers} clients ont été rejoués.",
    "{shown} of {count}, {order}; the coverage is the share of the weight that rests on data.":
        "{shown} sur {count}, {order} ; la couverture est la part du poids qui repose sur des "
        "données.",
    "“{stage}” is furthest over its target: half of the visits last longer than {median}, the target "
    "is {target}.":
        "« {stage} » dépasse le plus son objectif : la moitié des visites dure plus de {median}, "
        "pour un objectif de {target}.",
}  # fmt: skip

WORDS = {
    ", against {base}": ", contre {base}",
    "50 to 75 %": "50 à 75 %",
    "75 to 100 %": "75 à 100 %",
    "95 % interval": "Intervalle à 95 %",
    "Actions": "Actions",
    "Aim": "Visé",
    "Aims": "Objectifs visés",
    "all of it": "tout",
    "and {count} more": "et {count} de plus",
    "annoyed": "agacé",
    "Another scorer": "Autre barème",
    "Another starting point": "Autre point de départ",
    "As of {moment} UTC": "Au {moment} UTC",
    "assumed": "supposé",
    "At risk": "À risque",
    "back": "retour",
    "Band": "Niveau",
    "Before": "Avant",
    "Behind the line of visibility": "Derrière la ligne de visibilité",
    "Breaches": "Dépassements",
    "By": "Pour le",
    "Call:": "Appeler :",
    "Came so far": "Arrivés jusque-là",
    "Change": "Écart",
    "Conversion": "Conversion",
    "Coverage": "Couverture",
    "Criterion": "Critère",
    "Customer": "Client",
    "Customer journey report": "Rapport du parcours client",
    "Customer-days": "Jours-clients",
    "Customers": "Clients",
    "Customers now": "Clients actuels",
    "Customers “{band}”": "Clients « {band} »",
    "Customers:": "Clients :",
    "Data": "Données",
    "Definitions": "Définitions",
    "delighted": "ravi",
    "Detail": "Détail",
    "Emotion": "Émotion",
    "Entered": "Entrés",
    "Evidence behind the score": "Données derrière le score",
    "Evidence that went stale": "Données périmées",
    "evidence: {kind}": "source : {kind}",
    "Feelings": "Ressentis",
    "Figure": "Chiffre",
    "Finding": "Constat",
    "Finding {number}": "Constat {number}",
    "Finding {number}:": "Constat {number} :",
    "Findings": "Constats",
    "Fingerprint": "Empreinte",
    "Finished visits only": "Visites finies seulement",
    "First:": "D’abord :",
    "Forward": "En avant",
    "forward": "en avant",
    "From": "De",
    "Funnel": "Entonnoir",
    "Customers at risk, one by one": "Clients à risque, un par un",
    "Findings, one by one": "Constats, un par un",
    "Last contact on {day}:": "Dernier contact le {day} :",
    "Most of these in “{stage}”: {count}.": "Surtout dans « {stage} » : {count}.",
    "Funnel as bars": "Entonnoir en barres",
    "Goals": "Buts",
    "half stay longer than {days}": "la moitié reste plus de {days}",
    "Health": "Santé",
    "Health by stage": "Santé par étape",
    "health {mean}": "santé {mean}",
    "Internal": "Interne",
    "internal": "interne",
    "Key figures": "Chiffres clés",
    "Kind": "Nature",
    "Last": "Dernier",
    "less than half": "moins de la moitié",
    "Limit": "Limite",
    "Look into:": "Examiner :",
    "Lost": "Perdus",
    "Map": "Carte",
    "Mean health": "Santé moyenne",
    "Measured: {value}": "Mesuré : {value}",
    "Median time": "Durée médiane",
    "Met": "Atteint",
    "Metric": "Mesure",
    "moment of truth": "moment de vérité",
    "Money": "Argent",
    "Movers": "Mouvements",
    "neutral": "neutre",
    "never": "jamais",
    "no": "non",
    "Now": "Maintenant",
    "now": "actuels",
    "now {value}": "actuellement {value}",
    "Number": "Nombre",
    "Of": "Sur",
    "of {days}": "sur {days}",
    "On the journey": "En parcours",
    "Opportunities": "Opportunités",
    "Other": "Autre",
    "out": "sortie",
    "Over limit": "Hors limite",
    "Over the limit": "Hors limite",
    "Owner and objective": "Responsable et objectif",
    "Pains": "Irritants",
    "People:": "Personnes :",
    "Period": "Période",
    "Persona": "Persona",
    "Place": "Lieu",
    "Plan": "Plan",
    "Raised": "Levé",
    "Reason": "Raison",
    "Score": "Score",
    "Sections": "Sections",
    "Severity": "Gravité",
    "Share": "Part",
    "Share of all": "Part du total",
    "Share of the step before": "Part de l’étape d’avant",
    "Signal": "Signal",
    "Signals waiting": "Signaux en attente",
    "since {day}": "depuis le {day}",
    "Skip to the report": "Aller au rapport",
    "Stage": "Étape",
    "Stage by stage": "Étape par étape",
    "Still there": "Encore là",
    "Summary": "En bref",
    "Taken": "Passages",
    "Target": "Objectif",
    "target": "objectif",
    "target {days}": "objectif {days}",
    "the lowest scores first": "les scores les plus bas d’abord",
    "the most valuable first": "ceux qui valent le plus d’abord",
    "The whole journey": "Tout le parcours",
    "Thoughts": "Pensées",
    "Time in stage": "Durée dans l’étape",
    "To": "Vers",
    "Touchpoints": "Points de contact",
    "Touchpoints by channel": "Points de contact par canal",
    "Transitions": "Transitions",
    "Value": "Valeur",
    "Value: {step}": "Valeur : {step}",
    "Version {version}": "Version {version}",
    "Visits": "Visites",
    "Went further": "Allés plus loin",
    "What customers say": "Ce que disent les clients",
    "What does it cost?": "Qu’est-ce que cela coûte ?",
    "What happens": "Ce qui se passe",
    "What is left": "Le reste",
    "What pulls it down": "Ce qui le fait baisser",
    "What to do first?": "Que faire d’abord ?",
    "Where are customers?": "Où sont les clients ?",
    "Where do they get stuck?": "Où restent-ils bloqués ?",
    "Who is at risk?": "Qui est à risque ?",
    "Worth a year": "Valeur par an",
    "worth {money}": "d’une valeur de {money}",
    "Worth {money} a year.": "Vaut {money} par an.",
    "yes": "oui",
    "{count} came in": "{count} entrés",
    "{count} customer": "{count} client",
    "{count} customers": "{count} clients",
    "{count} customers reached": "{count} clients touchés",
    "{count} now": "{count} actuels",
    "{count} of {of} customers ({share})": "{count} clients sur {of} ({share})",
    "{count} over the limit": "{count} hors limite",
    "{days} customer-days so far": "{days} jours-clients à ce jour",
    "{share} go on": "{share} avancent",
    "{share} lost": "{share} perdus",
}  # fmt: skip

# French sets its quotation marks, colons and the like apart, and no line breaks there.
FRENCH = {
    english: re.sub("(?<=«) | (?=[»:;?!%])", NBSP, french)
    for english, french in (SENTENCES | WORDS | VALUES).items()
}
