"""Everything a session can go through, in any order, held to a naive model (B-1 to B-15).

``things`` are what the model keeps: plain objects in plain lists, no rows, masks or locks. ``slots`` says who has which
time of whom, ``ladder`` what missed sessions lead to and cost, ``post`` which messages are owed. ``model`` puts them
together: what each verb may do, and what it leaves behind.

``machine`` plays the verbs of ``of_sessions`` and ``of_waiting``, time and its ticks, with the portal's own senders
(``sending``); after each step ``checks`` compares the portal's rows with the model's lists.
"""
