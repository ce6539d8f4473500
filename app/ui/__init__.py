"""The pages in the browser: `server.run` serves them, one file per page."""
