"""What a release needs beside the builds themselves; no part of the package."""
