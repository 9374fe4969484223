"""What ways cost: for each mode the cost that is minimised and the time that passes, on edges and at turns.

The tables and formulas are those of Valhalla's costing models with their defaults (valhalla/src/sif, MIT licence, version 3.9), so that the
bulk times choose the ways that Valhalla's routes and isochrones take. A cost is seconds, plus the seconds that people would drive longer to
be spared something: a turn into traffic, a private road, a track.
"""
