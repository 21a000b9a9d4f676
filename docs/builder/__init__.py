"""Prepares the site: `make site`.

``docs/`` is read as it is, on any code host. The site needs a little more: a navigation, the reference, and pages for
files of the repository that pages link to. All of it is written into one folder, of which Zensical makes HTML; the
steps know nothing of Zensical, and another builder could take its place.
"""
