"""Makes `tests` ours: a dependency installs a package of that name."""
