"""Wrong clocks."""

FILE = "textdiff_lite/systems/clock.py"
TESTS = ["tests/systems/test_clock.py"]
MUTANTS = [
    ("        check_schedule(schedule)\n", "", "a wrong name is found too late"),
    ("{error}, {ADAPTIVE}", "{error}", "one of the names is not said"),
    ("VPGaussian(self._alpha_bar(), self.noise_scale)", "VPGaussian(self._alpha_bar())", "F is lost"),
    ("Tabulated(self.survivals.clone())", "Tabulated(self.survivals)", "an old process changes with the table"),
    ("or self._made[0] != table:", "or False:", "the first table for ever"),
    ("(self.survivals.data_ptr(), self.survivals._version)", "(self.survivals.data_ptr(), 0)", "a new table is missed"),
    ("(self.survivals.data_ptr(), self.survivals._version)", "(0, self.survivals._version)", "a copy is missed"),
    ("            self._made = table, VP", "            self._made = (0, 0), VP", "made anew at every call"),
    ("curve = sqrt(", "curve = torch.square(", "another curve at the start"),
    ("(t * CELLS).ceil().long() - 1", "(t * CELLS).long()", "the end of a cell is the next one's"),
    ("(t * CELLS).ceil().long() - 1", "(t * CELLS).ceil().long()", "the cell above"),
    (".clamp(0, CELLS - 1)", ".clamp(max=CELLS - 1)", "t = 0 falls into the place before"),
    ("place * CELLS + cell", "cell", "all places in one"),
    ("place * CELLS + cell", "place + cell * error.shape[1]", "rows for columns"),
    ("value.flatten())\n", "value.flatten().clamp(max=5))\n", "losses are cut"),
    ("(self.sums, error.float())", "(self.sums, error.float().mean(1, keepdim=True).expand(error.shape))", "one a row"),
    ("(self.counts > 0).all()", "(self.counts > 0).any()", "cells without a loss"),
    ("step % EVERY == 0 and", "", "a table at every step"),
    ("adapt(self.survivals, self.sums / self.counts)", "adapt(self.survivals, self.sums)", "sums for means"),
    ("            self.sums.zero_()\n", "", "old losses are kept"),
    ("            self.counts.zero_()\n", "", "old counts are kept"),
    (
        'self.register_buffer("sums", torch.zeros(length, CELLS))',
        "self.sums = torch.zeros(length, CELLS)",
        "a checkpoint forgets the losses",
    ),
    (
        'self.register_buffer("survivals", curve.float().repeat(length, 1))',
        "self.survivals = curve.float().repeat(length, 1)",
        "a checkpoint forgets the table",
    ),
]
