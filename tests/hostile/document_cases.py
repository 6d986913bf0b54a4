"""Hostile documents, and the words that the refusal must have."""

from __future__ import annotations

import json

HEAD = '[journey]\nname = "a"\n[[stages]]\nid = "x"\n[[stages]]\nid = "y"\n'
WAY = HEAD + '[[transitions]]\nsource = "x"\ntarget = "y"\nwhen = "happened(\'a\')"\n'


def as_json(**more: object) -> str:
    return json.dumps({"journey": {"name": "a"}, "stages": [{"id": "x"}], **more})


def ways(*transitions: dict[str, object], stages: int = 2) -> str:
    return as_json(stages=[{"id": f"s{i}"} for i in range(stages)], transitions=list(transitions))


TOML = {
    # what is no TOML at all
    "empty": ("", ["TOML document", "empty"]),
    "a YAML document": ("journey:\n  name: a\n", ["TOML document", "line 1"]),
    "two YAML documents": (HEAD + "---\n" + HEAD, ["TOML document", "line 7"]),
    "a YAML tag that runs": ("!!python/object/apply:os.system ['id']", ["TOML document", "line 1"]),
    "a YAML binary": ("x = !!binary aGk=", ["Invalid value", "line 1"]),
    "a YAML merge key": ("<<: *a", ["TOML document", "line 1"]),
    "a YAML bomb": ("a: &a [l,l]\nb: &b [*a,*a]\n", ["TOML document", "line 1"]),
    "a YAML self-reference": ("a = &a [*a]", ["Invalid value"]),
    "JSON": (as_json(), ["TOML document", "line 1"]),
    "a word as truth": (HEAD + "label = NO", ["Invalid value", "line 7"]),
    "an octal of old": (WAY + "priority = 0123", ["line 11"]),
    "infinity as in YAML": (WAY + "priority = .inf", ["Invalid value", "line 11"]),
    "infinity": (WAY + "priority = inf", ["inf is no finite number"]),
    "an overflow": (WAY + "priority = 1e999", ["1e999 is no finite number"]),
    "not a number": (HEAD + '[[touchpoints]]\nid = "t"\nshare = nan', ["nan is no finite number"]),
    "5,000 digits": (WAY + "priority = " + "9" * 5000, ["TOML document", "digits"]),
    "4,000 digits": (WAY + "priority = " + "9" * 4000, ["transitions[0].priority", "1000000"]),
    "a control character": (HEAD + 'label = "a\\u0001b"', ["stages[1].label", "U+0001"]),
    "NUL in a text": (HEAD + 'label = "a\\u0000b"', ["stages[1].label", "U+0000"]),
    "NUL in the document": (HEAD + 'label = "a\0b"', ["Illegal character", "line 7"]),
    "a lone surrogate as escape": (HEAD + 'label = "a\\ud800b"', ["line 7", "Unicode scalar"]),
    "a lone surrogate as it is": (HEAD + 'label = "a\ud800b"', ["stages[1].label", "U+D800"]),
    # the wrong type for a field
    "a time as name": ("[journey]\nname = 12:30:45", ["journey.name", "text was expected"]),
    "a truth as number": (WAY + "priority = true", ["transitions[0].priority", "whole number", "true"]),
    "text as number": (WAY + 'priority = "3"', ["transitions[0].priority", "whole number", "'3'"]),
    "a fraction as whole number": (WAY + "priority = 3.9", ["transitions[0].priority", "3.9"]),
    "a number as duration": (HEAD + "limit = 30", ["stages[1].limit", "duration in quotes", "30d"]),
    "a time of day as duration": (HEAD + "limit = 12:30:45", ["stages[1].limit", "duration in quotes"]),
    "months or minutes": (HEAD + 'limit = "3m"', ["stages[1].limit", "'min'"]),
    "an endless duration": (HEAD + 'limit = "999999999999w"', ["stages[1].limit", "thousand years"]),
    "a table as text": (HEAD + "label = {a = 1}", ["stages[1].label", "text was expected"]),
    "a number as criterion": (WAY.replace("\"happened('a')\"", "3"), ["transitions[0].when", "criterion"]),
    # the wrong name for a field
    "one letter off": (HEAD + '[[tuchpoints]]\nid = "t"', ["'tuchpoints'", "did you mean 'touchpoints'"]),
    "one letter off, inside": (HEAD + 'lable = "x"', ["stages[1]", "'lable'", "did you mean 'label'"]),
    "a field of the journey outside": ("version = 9\n" + HEAD, ["'version'", "stands in [journey]"]),
    "a format of the future": ("format = 999\n" + HEAD, ["CJ013", "999", "reads 1"]),
    "a version that is no text": ('[journey]\nname = "a"\nversion = 1', ["journey.version", "in quotes"]),
    # without end
    "200,000 brackets": ("x = " + "[" * 200_000, ["nested too deeply"]),
    "100,000 braces": ("x = " + "{a=" * 100_000, ["nested too deeply"]),
    "a key of a million letters": ("a" * 1_000_000, ["TOML document"]),
    "half a million quotes": ("'" * 500_000, ["TOML document"]),
    "half a million escaped quotes": ('"\\' * 250_000, ["TOML document"]),
    "a dotted key behind a text in five quotes": (
        "x = {a = '''b'''', " + "b." * 100_000 + "b = 1} # '",
        ["more than 20 parts"],
    ),
    "10 MB": (HEAD + "#" + "x" * 10_000_000, ["TOML document", "2,000,000"]),
    "100,000 unknown tables": ("".join(f"[a{i}]\n" for i in range(100_000)), ["at least 500 problems"]),
    "100,000 unknown fields": (
        HEAD + "".join(f"b{i} = 1\n" for i in range(100_000)),
        ["stages[1]", "at least 500 problems", "more"],
    ),
}

JSON = {
    "empty": ("", ["JSON document", "empty"]),
    "a comment": ('{"journey": {"name": "a"}, // hi\n"stages": []}', ["JSON document", "line 1"]),
    "a comma too many": ('{"journey": {"name": "a"}, "stages": [],}', ["JSON document"]),
    "two documents": ("{} {}", ["JSON document", "Extra data"]),
    "a list": ("[]", ["an object was expected", "list"]),
    "NaN": ('{"journey": NaN}', ["NaN is no number"]),
    "infinity": ('{"journey": -Infinity}', ["-Infinity is no number"]),
    "1e400": ('{"journey": 1e400}', ["1e400 is no finite number"]),
    "the same key twice": ('{"journey": {"name": "a", "name": "b"}}', ["'name'", "twice"]),
    "the same key twice among 100,000": (
        "{" + "".join(f'"k{i}": 1,' for i in range(100_000)) + '"k99999": 2}',
        ["'k99999'", "twice"],
    ),
    "a lone surrogate": (as_json(description=1).replace("1", '"\\ud800"'), ["'description'"]),
    "a lone surrogate in a label": (as_json(stages=[{"id": "x", "label": "\ud800"}]), ["stages[0].label"]),
    "null as text": (as_json(stages=[{"id": "x", "label": None}]), ["stages[0].label", "null"]),
    "null as stage": (as_json(stages=[None]), ["stages[0]", "a table was expected"]),
    "a table as list": (as_json(stages={"id": "x"}), ["stages", "a list was expected"]),
    "text as list": (as_json(stages="x"), ["stages", "a list was expected"]),
    "a list in a list": (as_json(stages=[[{"id": "x"}]]), ["stages[0]", "a table was expected"]),
    "a list as journey": (as_json(journey=[]), ["journey", "a table was expected"]),
    "200,000 brackets": ("[" * 200_000, ["nested too deeply"]),
    "5,000 digits": (as_json() + "9" * 5000, ["JSON document"]),
    "100,000 stages": (as_json(stages=[{"id": f"s{i}"} for i in range(100_000)]), ["stages", "10,000"]),
    "5,000 transitions from nowhere": (
        ways(
            *[{"source": "z", "target": f"t{i}", "when": "happened('a')"} for i in range(5000)], stages=5000
        ),
        ["at least 500 problems", "transitions[0].source", "unknown stage 'z'"],
    ),
    "2,000 transitions by nothing known": (
        ways(*[{"source": "s0", "target": "s1", "when": f"hapened('a{i}')"} for i in range(2000)]),
        ["at least 500 problems", "transitions[0].when", "did you mean 'happened'"],
    ),
}
