# %% [markdown]
# # 00 · A tiny lesson
#
# You will be able to scale and to shift. About 20 minutes.

# %% [markdown] tags=["notation"]
# | symbol | in code | meaning |
# |---|---|---|
# | $x$ | `x` | what is scaled |
# | $p(x \mid a)$ | `a \| x` | a row with a bar |

# %%
import importlib
import sys

import torch

from textdiff_lite.course import catalogue, exercises

# the kernel knows the exercises of this lesson only
sys.modules["textdiff_lite.course.catalogue.toy"] = importlib.import_module("toy")
catalogue.FOLDERS = ("toy",)

# %%
print(f"{2 / 3:.4f}")

# %% [markdown]
# ### Exercise: scale (5 minutes, ★)


# %% exercise="toy.scale"
def scale(x, a):
    """Return sqrt(a) x; a = 4 and x = 1 give 2."""
    root = None
    ### BEGIN SOLUTION
    root = a.sqrt()
    ### END SOLUTION
    return root * x


# %% check="toy.scale"
scale = exercises.check("toy.scale", scale)
exercises.assert_passed("toy.scale")

# %%
exercises.predict(None, float(scale(torch.tensor(1.0), torch.tensor(4.0))), "units")

# %% tags=["picture"]
from IPython.display import display

display({"image/png": b"\x89PNG\r\n\x1a\n" + bytes(8), "text/plain": "a picture"}, raw=True)

# %% tags=["training"]
import time

print(time.perf_counter())

# %% [markdown]
# ### Exercise: shift (6 minutes, ★★)


# %% exercise="toy.shift"
def shift(x, b):
    """Return x + b; x = 1 and b = 2 give 3."""
    ### BEGIN SOLUTION
    return x + b
    ### END SOLUTION


# %% check="toy.shift"
shift = exercises.check("toy.shift", shift)
exercises.assert_passed("toy.shift")

# %%
print("the same")

# %%
print("the same")

# %%
float(shift(torch.tensor(1.0), torch.tensor(0.5)))
