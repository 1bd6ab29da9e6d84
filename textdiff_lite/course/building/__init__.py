"""The builder: one source a lesson, solutions/NN_topic.py, makes both of its notebooks and two pages.

A source is a Python file in cells (jupytext's py:percent). What it may hold is said in `rules`; what becomes of it:

    solutions/NN_topic.ipynb   the teacher's notebook, executed with the answers shown
    lessons/NN_topic.ipynb     the learner's: solutions taken out, executed untouched
    solutions/teacher.md       points, minutes, ideas and mistakes of every exercise
    lessons/notation.md        every symbol of the course

It needs the course extra (jupytext, nbformat, nbclient); nbgrader is not needed to build what nbgrader reads.
"""
