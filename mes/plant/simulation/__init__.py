"""Plays the people of a plant over the public services, in simulated time: seeded, reproducible, conserving.

`world` holds the clock and what happens next, `floor` plays operators and machines, `bench` inspectors, `office` planners,
`dock` deliveries, customers and shipments. Nothing here writes to a table; every change is a service call, and a refusal
is counted, as it would be heeded by a person.
"""
