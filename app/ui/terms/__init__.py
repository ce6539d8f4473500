"""The Terms page: the company's concepts, to read for everybody, to work on for knowledge managers. One view a file."""
