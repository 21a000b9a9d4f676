"""Assignments on engines whose workers are processes of their own. `make test-engines` installs what they need; what is
not installed, or lacks its Java, is skipped.
"""
