"""Wrong versions of what systems with a chain share."""

FILE = "textdiff_lite/systems/chain.py"
TESTS = ["tests/systems/test_diffusion_lm.py", "tests/systems/test_difformer.py", "tests/systems/test_d3pm.py"]
MUTANTS = [
    ("if not 1 <= calls <= chain:", "if not 0 <= calls <= chain:", "no call at all is let in"),
    ("if not 1 <= calls <= chain:", "if not 1 <= calls:", "more calls than steps are let in"),
    ("return calls\n", "return usual\n", "calls ignored"),
    ("of=chain, ", "", "times that are not of the chain"),
    ("samplers.sample(process.reverse,", "samplers.sample(samplers.ddim(process),", "no noise in the steps"),
    (
        "samplers.sample(process.reverse,",
        "samplers.sample(samplers.ddim(process, 0.9),",
        "too little noise in the steps",
    ),
    (".argmax(-1)\n", ".argmin(-1)\n", "the least likely word"),
]
