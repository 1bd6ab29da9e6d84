"""Wrong saving and loading."""

FILE = "textdiff_lite/systems/pretrained.py"
TESTS = ["tests/systems/test_pretrained.py"]
MUTANTS = [
    ("value.to(dtype) if value.is_floating_point()", "value if value.is_floating_point()", "half is ignored"),
    ("name: value.float() for", "name: value for", "weights stay in half precision"),
    ('with torch.device("meta"):', "if True:", "loading draws random numbers"),
    (".to(device).eval())", ".to(device))", "dropout acts in evaluation"),
    ("if trained.info.fingerprint != info.fingerprint:", "if False:", "weights of another corpus are taken"),
]
