"""Everything an incident can go through, in any order, held to a naive model (R-2 to R-7b).

``model`` keeps cases and measures as plain objects: who may do what is a sentence about people, what is closed is a
look through all measures. ``machine`` plays the verbs of the portal and compares after each step.
"""
