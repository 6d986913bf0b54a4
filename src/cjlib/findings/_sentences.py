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
}
