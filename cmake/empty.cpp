// A library needs a source, even where there is nothing to say yet.
