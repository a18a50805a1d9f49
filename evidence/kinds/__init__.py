"""One module for each kind of public file; each says by which columns it is known and what it makes of the rows."""
