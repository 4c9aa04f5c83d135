"""The demo: a small network learns handwritten digits under MomentumSGD.

``python -m catenary.demo`` (or ``make demo``) trains it; `training.py` is the program worth
reading, the other files show what happens. It uses the house as a guest, by the front door.
"""
