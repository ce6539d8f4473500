"""The command line `plumbline`: one file per group of commands; everything heavy is imported inside them."""
