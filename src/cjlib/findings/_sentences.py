"""What findings say, in English and French: one place to read, mend and translate them."""

from __future__ import annotations

__all__ = ["SENTENCES"]

SENTENCES: dict[str, tuple[str, str]] = {
    "bottleneck": (
        "{late} of {of} visits to {stage} known for long enough ({share:%}) outlasted the target of "
        "{target:days}; the median is {median:days}. {customers} customers have lost {days} days "
        "beyond it.",
        "{late} des {of} passages par {stage} connus depuis assez longtemps ({share:%}) ont dépassé "
        "la cible de {target:days} ; la médiane est de {median:days}. {customers} clients y ont perdu"
        " {days} jours de trop.",
    ),
    "drop-off": (
        "{lost} of {of} visits to {stage} ({share:%}) ended in a loss within {horizon:days}, against "
        "{base:%} in the other stages; {customers} customers were lost from here.",
        "{lost} des {of} passages par {stage} ({share:%}) se sont soldés par une perte en "
        "{horizon:days}, contre {base:%} dans les autres étapes ; {customers} clients ont été perdus "
        "ici.",
    ),
    "late handoff": (
        "{late} of {of} handoffs {pair} ({share:%}) took longer than the agreed {deadline:days}; the "
        "median is {median:days}, {abandoned} were abandoned.",
        "{late} des {of} passages de relais {pair} ({share:%}) ont dépassé les {deadline:days} "
        "convenus ; la médiane est de {median:days}, {abandoned} ont été abandonnés.",
    ),
    "missing item": (
        "{item} was missing in {missing} of {of} handoffs {pair} ({share:%}); in {blocking} of those "
        "that went through it was the last to come.",
        "{item} manquait dans {missing} des {of} passages de relais {pair} ({share:%}) ; dans "
        "{blocking} de ceux qui ont abouti, c'est ce qui est venu en dernier.",
    ),
    "missing optional item": (
        "{item}, which is optional, was missing in {missing} of {of} handoffs {pair} ({share:%}).",
        "{item}, facultatif, manquait dans {missing} des {of} passages de relais {pair} ({share:%}).",
    ),
    "regression": (
        "{count} of {of} finished visits to {stage} ({share:%}) went back to {target}; {days} days "
        "were spent again.",
        "{count} des {of} passages terminés par {stage} ({share:%}) sont revenus à {target} ; {days} "
        "jours ont été refaits.",
    ),
    "loop": (
        "{count} of {of} customers of {stage} ({share:%}) were sent back to it twice or more; {days} "
        "days were spent again.",
        "{count} des {of} clients de {stage} ({share:%}) y ont été renvoyés deux fois ou plus ; "
        "{days} jours ont été refaits.",
    ),
    "repeat": (
        "{count} of {of} customers ({share:%}) had {touchpoint} again within {within:days}, where "
        "once is usual.",
        "{count} clients sur {of} ({share:%}) ont revécu {touchpoint} en moins de {within:days}, "
        "alors qu'une fois est d'usage.",
    ),
    "wait": (
        "Before the handoff {way} nothing happens for {median:days}, against {base:days} between "
        "other contacts in {stage}.",
        "Avant le relais {way}, rien ne se passe pendant {median:days}, contre {base:days} entre les "
        "autres contacts dans {stage}.",
    ),
    "unseen touchpoint": (
        "None of the {of} customers who left its stages had {touchpoint}; {share:%} were expected.",
        "Aucun des {of} clients passés par ses étapes n'a vécu {touchpoint} ; on en attendait {share:%}.",
    ),
    "rare touchpoint": (
        "{count} of the {of} customers who left its stages ({seen:%}) had {touchpoint}; {share:%} "
        "were expected.",
        "{count} des {of} clients passés par ses étapes ({seen:%}) ont vécu {touchpoint} ; on en "
        "attendait {share:%}.",
    ),
    "unmapped activity": (
        "{count} of {of} customers have {activity}, which is on no map: {events} events, {share:%} of all.",
        "{count} clients sur {of} ont {activity}, qui ne figure sur aucune carte : {events} "
        "événements, {share:%} du total.",
    ),
    "stage without touchpoint": (
        "{stage} has no touchpoint (customers there now: {count}).",
        "{stage} n'a aucun point de contact (clients présents : {count}).",
    ),
    "uneven duration": (
        "Visits of {group:name} to {stage} last {factor} times as long as the others': median "
        "{median:days} against {base:days}, {days} days in all.",
        "Les passages de {group:name} par {stage} durent {factor} fois plus que les autres : médiane "
        "{median:days} contre {base:days}, {days} jours en tout.",
    ),
    "uneven conversion": (
        "{count} of {of} visits of {group:name} to {stage} ({share:%}) went on within {horizon:days}, "
        "against {base:%} of the others.",
        "{count} des {of} passages de {group:name} par {stage} ({share:%}) ont abouti en {horizon:days}, "
        "contre {base:%} des autres.",
    ),
    "uneven satisfaction": (
        "{group:name} is less satisfied with {touchpoint}: {mean} on average against {base}; in {above:%} "
        "of all pairs the other answers better ({answers} customers).",
        "{group:name} est moins satisfait de {touchpoint} : {mean} en moyenne contre {base} ; dans "
        "{above:%} des paires, l'autre répond mieux ({answers} clients).",
    ),
    "misplaced contact": (
        "{count} of {of} contacts {touchpoint} ({share:%}) reach customers in a stage where it does "
        "not belong, mostly {stage}.",
        "{count} des {of} contacts {touchpoint} ({share:%}) touchent des clients dans une étape où "
        "ils n'ont pas leur place, surtout {stage}.",
    ),
    "repeated contact": (
        "{customers} of {of} customers ({share:%}) had {touchpoint} again within {within:days} over "
        "another channel or with another person.",
        "{customers} clients sur {of} ({share:%}) ont revécu {touchpoint} en moins de {within:days} "
        "par un autre canal ou avec une autre personne.",
    ),
    "pain seen": (
        "“{note}” ({place}, {evidence:name}) is seen: {shown:name}, {count} customers.",
        "« {note} » ({place}, {evidence:name}) se constate : {shown:name}, {count} clients.",
    ),
    "pain not seen": (
        "“{note}” ({place}, {evidence:name}) is noted, and nothing in the data shows it.",
        "« {note} » ({place}, {evidence:name}) est noté, et rien dans les données ne le montre.",
    ),
    "pain not noted": (
        "{place} hurts {count} customers ({shown:name}), and the map notes no pain there.",
        "{place} fait mal à {count} clients ({shown:name}), et la carte n'y note aucun irritant.",
    ),
    "felt worse": (
        "{touchpoint} is felt at {felt} on a scale from −2 to +2; the map assumes {assumed} ({of} "
        "customers).",
        "{touchpoint} est ressenti à {felt} sur une échelle de −2 à +2 ; la carte suppose {assumed} "
        "({of} clients).",
    ),
    "felt better": (
        "{touchpoint} is felt at {felt} on a scale from −2 to +2, better than the {assumed} that the "
        "map assumes ({of} customers).",
        "{touchpoint} est ressenti à {felt} sur une échelle de −2 à +2, mieux que les {assumed} que "
        "suppose la carte ({of} clients).",
    ),
    "no persona": (
        "{count} of {of} customers ({share:%}) fit no persona.",
        "{count} clients sur {of} ({share:%}) ne correspondent à aucun persona.",
    ),
    "empty persona": (
        "None of the {of} customers is {persona}.",
        "Aucun des {of} clients n'est {persona}.",
    ),
    "other channels": (
        "{count} of {of} customers of {persona} ({share:%}) mostly use none of the channels they are "
        "said to prefer ({preferred:name}); most use {used:name}.",
        "{count} des {of} clients {persona} ({share:%}) n'utilisent surtout aucun des canaux qu'on "
        "leur prête ({preferred:name}) ; la plupart utilisent {used:name}.",
    ),
    "not ideal": (
        "{persona} is said to be ideal, and is lost sooner than the others: {count} of {of} "
        "({share:%}) against {base:%}.",
        "{persona} est dit idéal, et se perd plus vite que les autres : {count} sur {of} ({share:%}) "
        "contre {base:%}.",
    ),
    "growing load": (
        "{role} had {hours} hours of contacts in the last {span:days}; {ahead} are due in the next: "
        "{due} contacts with customers who are there, {to_come} with those to come.",
        "{role} a eu {hours} heures de contacts dans les {span:days} passés ; {ahead} sont à prévoir "
        "dans les suivants : {due} contacts avec les clients présents, {to_come} avec ceux à venir.",
    ),
    "drift in conversion": (
        "{share:%} of the {of} visits to {stage} since the last review went on within {horizon:days};"
        " before, {base:%} did.",
        "{share:%} des {of} passages par {stage} depuis la dernière revue ont abouti en "
        "{horizon:days} ; avant, c'était {base:%}.",
    ),
    "drift in duration": (
        "Visits to {stage} last {median:days} (median) since the last review; before, {base:days}.",
        "Les passages par {stage} durent {median:days} (médiane) depuis la dernière revue ; avant, "
        "{base:days}.",
    ),
    "more breaches": (
        "{missed} of {of} ({share:%}) have missed the {what} of {place} since the last review; "
        "before, {base:%} did.",
        "{missed} sur {of} ({share:%}) ont manqué l'échéance ({what}) de {place} depuis la dernière "
        "revue ; avant, {base:%}.",
    ),
    "new activity": (
        "{activity} is new since {day} and on no map; {count} of {of} active customers have it.",
        "{activity} est apparu le {day} et ne figure sur aucune carte ; {count} clients actifs sur "
        "{of} l'ont.",
    ),
    "aim missed": (
        "{metric} is {mean} on average, the aim ({place}) is {aim}; {count} of {of} customers miss it.",
        "{metric} est de {mean} en moyenne, l'objectif ({place}) est {aim} ; {count} clients sur {of}"
        " le manquent.",
    ),
    "figure missed": (
        "{figure} is {value} ({period}), the aim is {aim}.",
        "{figure} est de {value} ({period}), l'objectif est {aim}.",
    ),
    "review overdue": (
        "The journey was last reviewed on {day}; the next review is {late:days} overdue.",
        "Le parcours a été revu le {day} ; la revue suivante a {late:days} de retard.",
    ),
    "season": (
        "In {season}, customers are lost {lift} times as often as over all: {lost} in {periods} such "
        "periods.",
        "En {season}, les clients se perdent {lift} fois plus souvent que d'ordinaire : {lost} en "
        "{periods} périodes.",
    ),
    "driver": (
        "Of the {count} customers with {activity} at least {dose} times in the first {early:days}, "
        "{share:%} stayed for the next {horizon:days}, against {elsewhere:%} of the others.",
        "Des {count} clients ayant {activity} au moins {dose} fois pendant les premiers {early:days}, "
        "{share:%} sont restés les {horizon:days} suivants, contre {elsewhere:%} des autres.",
    ),
}
