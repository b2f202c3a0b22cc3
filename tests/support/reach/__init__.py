"""Random families of hives, random requests to them, and an oracle that says what the requests may see and change.

The oracle is the specification in plain Python. Read it in this order: ``plan`` (the models), ``access`` (who may do
what with a class), ``paths`` (where a path leads), ``reading`` (what it shows), ``bodies`` and ``writing`` (what may be
set, joined, left and deleted), ``changes`` (what follows in the rows), ``replies`` and ``telling`` (the signals).
"""
