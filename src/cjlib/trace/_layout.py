"""How a journey, a log and the state of a replay lie in memory: the arrays that the kernel takes.

The arrays are few on purpose: what numba compiles grows with the number of arrays that each function is
handed. Small tables therefore share one array of integers, ``Program.ints``, whose first numbers say where
each of them begins; ``p.ints[p.ints[WAYS] + k]`` is entry k of the table WAYS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]

if TYPE_CHECKING:
    Whole = int
else:
    # numba compiles a function anew for each literal it is handed; these are literals no more.
    Whole = np.int64

NAT: Final = -(2**63)
NEVER: Final = 2**63 - 1

# Kleene's logic as numbers: and = min, or = max, not = 2 - value.
FALSE: Final = 0
UNKNOWN: Final = 1
TRUE: Final = 2
WAIVED: Final = 3

# Kinds of terms.
COUNT: Final = 0
DISTINCT: Final = 1
SUM: Final = 2
MEAN: Final = 3
MIN: Final = 4
MAX: Final = 5
LAST: Final = 6
IDLE: Final = 7
DWELL: Final = 8
AGE: Final = 9
ATTRIBUTE: Final = 10
UNTIL: Final = 11

# Spans of terms.
EVER: Final = 0
VISIT: Final = 1
BEGINNING: Final = 2  # since the customer's first moment: what a visit is to milestones and signals
WINDOW: Final = 3

# Columns of Program.terms.
T_KIND: Final = 0
T_SPAN: Final = 1
T_WINDOW: Final = 2
T_CHANNEL: Final = 3  # -1: any
T_SLOT: Final = 4  # row of the scratch space of windowed extremes or of distinct counts
T_TOUCHPOINT: Final = 5
T_ATTRIBUTE: Final = 6  # place of the attribute in State.floats
T_VALUED: Final = 7
TERM_COLUMNS: Final = 8

# Columns of Program.leaves.
L_TERM: Final = 0
L_OPERATOR: Final = 1
L_LITERAL: Final = 2  # as an integer: microseconds, or millionths for sums
L_ATTRIBUTE: Final = 3  # place in State.floats of the attribute on the right, or -1
L_FROM: Final = 4  # the slice of Program.floats that IN looks into
L_TO: Final = 5
L_WATCH: Final = 6  # bit 1: becoming true can matter; bit 2: ceasing to be true can matter
LEAF_COLUMNS: Final = 7

# Operators of leaves.
GE: Final = 0
GT: Final = 1
LE: Final = 2
LT: Final = 3
EQ: Final = 4
NE: Final = 5
KNOWN: Final = 6
IN: Final = 7
SENSELESS: Final = 8  # compares what cannot be compared: always unknown
VALUELESS: Final = 9  # known(...) of what cannot have a value: always false

# Criteria in reverse Polish notation; a leaf is its number.
AND: Final = -1
OR: Final = -2
NOT: Final = -3

# Where the tables in Program.ints begin.
ACT_FROM: Final = 0  # slices of ACT_TERMS, by stage and activity: terms that an event changes at once
ACT_TERMS: Final = 1
TOUCH_STAGES: Final = 2  # touchpoints x stages
CODE: Final = 3
ROOTS: Final = 4  # slices of CODE
TARGETS: Final = 5  # by transition
WHENS: Final = 6  # root, by transition
HANDOFFS: Final = 7  # handoff or -1, by transition
WAYS_FROM: Final = 8  # slices of WAYS, by stage
WAYS: Final = 9  # transitions in order of precedence
STAGE_LEAF_FROM: Final = 10
STAGE_LEAVES: Final = 11  # leaves that time alone can change
STAGE_TERM_FROM: Final = 12
STAGE_TERMS: Final = 13  # terms that begin anew with a visit
RETRY_ATTRIBUTES: Final = 14  # transitions x attributes: changes after which a held transition is tried again
HANDOFF_FROM: Final = 15  # handoffs of a stage's ways out
HANDOFF_TRANSITION: Final = 16
ITEM_FROM: Final = 17  # by handoff
ITEM_ROOTS: Final = 18
ITEM_REQUIRED: Final = 19
ITEM_TERM_FROM: Final = 20
ITEM_TERMS: Final = 21  # event terms that an item mentions
WATCHER_ROOTS: Final = 22  # milestones, then signals
WATCHER_LEAF_FROM: Final = 23
WATCHER_LEAVES: Final = 24
SIGNAL_STAGES: Final = 25  # signals x stages
CLOCKS: Final = 26  # by stage: the shortest idle time that anything waits for
TABLES: Final = 27
# Single numbers in Program.ints.
N_STAGES: Final = 27
N_ATTRIBUTES: Final = 28
N_MILESTONES: Final = 29
N_SIGNALS: Final = 30
INITIAL: Final = 31
WAKES: Final = 32  # the first of the stages' rows in Program.flags
RETRIES: Final = 33  # the first of the transitions' rows in Program.flags
N_QUEUES: Final = 34
N_ACTORS: Final = 35
STAGES_DECIDE: Final = 36  # whether touchpoints share activities
# Where parts of State.marks begin.
STAMPS: Final = 37  # by stage: when it was last entered
HELD: Final = 38  # by transition: whether it is held back
STARTED: Final = 39  # by handoff
ITEM_FIRST: Final = 40  # by item: first moment of the visit at which it was true
ITEM_ROW: Final = 41
RAISED: Final = 42  # by signal: the row that was written when it was raised, or -1
REACHED: Final = 43  # by milestone
STACK: Final = 44
N_MARKS: Final = 45
N_ACTIVITIES: Final = 46
HEADER: Final = 47

# The first numbers of State.marks.
M_ENTERED: Final = 0
M_FIRST: Final = 1
M_STAGE: Final = 2
M_NEXT: Final = 3  # the first event that is not taken in yet
M_CUSTOMER: Final = 4
M_HELD: Final = 5  # whether a way out of the visit may be held back
M_NUMBER: Final = 6  # of the visit
M_WRITTEN: Final = 7  # rows
M_HEADER: Final = 8

# Columns of State.counts.
S_COUNT: Final = 0
S_SUM: Final = 1
S_COUNT_BASE: Final = 2
S_SUM_BASE: Final = 3
S_TAIL: Final = 4
S_SINCE: Final = 5
S_HAS: Final = 6
S_HEAD: Final = 7
S_EPOCH: Final = 8
S_TAKEN: Final = 9  # the first event that a window has not taken in yet
STATE_COLUMNS: Final = 10

# Columns of Inputs.customers.
X_EVENTS: Final = 0
X_CHANGES: Final = 1
X_WAIVERS: Final = 2
X_FIRST: Final = 3

# What is written: a kind and up to six numbers.
VISITS: Final = 0  # customer, number, stage, entered, left, via
MILESTONES: Final = 1  # customer, milestone, time
SIGNALS: Final = 2  # customer, signal, raised, ceased
HANDOFF_ROWS: Final = 3  # customer, number, transition, started, ended, outcome
ITEM_ROWS: Final = 4  # row of the handoff, item, status, first true, evidence row
KINDS_OF_ROWS: Final = 5
ROW_COLUMNS: Final = 7

ENDED: Final = 0
ABANDONED: Final = 1
OPEN: Final = 2


class Program(NamedTuple):
    """A journey's criteria as data: a new journey needs no new compilation."""

    terms: Ints
    leaves: Ints
    ints: Ints
    floats: Floats  # the literal of every leaf, then the options of IN
    # Columns are activities; rows are terms (0 no, 1 yes, 2 where the stage decides, 3 if channel, value or
    # actor allow), then stages (bit 1: wakes a way out, bit 2: wakes milestones and signals, bit 3: starts a
    # clock anew), then transitions (1: tried again).
    flags: Flags


class Inputs(NamedTuple):
    """What is known of the customers, customer by customer."""

    customers: Ints  # (customers + 1, 4): where events, changes and waivers begin; first moment, NAT if none
    time: Ints
    activity: Codes
    value: Floats
    channel: Codes
    actor: Codes  # numbered from 0 for each customer anew
    row: Ints
    attributes: Floats  # (attributes, customers) constant ones
    changes: Ints  # (changes, 2): time, attribute
    change_values: Floats
    waivers: Ints  # (waivers, 3): item, start, end


class State(NamedTuple):
    """Scratch space of one thread; what a customer leaves behind is cleared by the next."""

    counts: Ints  # (terms, STATE_COLUMNS)
    floats: Floats  # extremes and latest values by term, then attributes
    queues: Ints  # (windowed extremes + 1, events of a customer); the last row is the stage at each event
    actors: Ints  # (distinct counts, actors of a customer)
    marks: Ints
