"""Wrong saving and loading."""

FILE = "textdiff_lite/systems/pretrained.py"
TESTS = ["tests/systems/test_pretrained.py"]
MUTANTS = [
    ("value.to(dtype) if value.is_floating_point()", "value if value.is_floating_point()", "half is ignored"),
    ("name: value.float() if value.is_floating_point() else value", "name: value", "weights stay in half precision"),
    ("if not value.isfinite().all():", "if False:", "weights that are no numbers are taken"),
    ('with torch.device("meta"):', "if True:", "loading draws random numbers"),
    ('if "F" in name', 'if "I" in name or "F" in name', "the type of a table of counts"),
    (".to(device).eval())", ".to(device))", "dropout acts in evaluation"),
    ("if trained.info.fingerprint != info.fingerprint:", "if False:", "weights of another corpus are taken"),
]
