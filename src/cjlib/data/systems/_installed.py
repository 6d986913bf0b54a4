"""The readers that come with cjlib, one per table."""

from __future__ import annotations

from ._system import SystemReader

amplitude = SystemReader("amplitude")
csv = SystemReader("csv")
ga4 = SystemReader("ga4")
gainsight = SystemReader("gainsight")
hubspot = SystemReader("hubspot")
mixpanel = SystemReader("mixpanel")
planhat = SystemReader("planhat")
posthog = SystemReader("posthog")
salesforce = SystemReader("salesforce")
segment = SystemReader("segment")
snowplow = SystemReader("snowplow")
survey = SystemReader("survey")
vitally = SystemReader("vitally")
xes = SystemReader("xes")
