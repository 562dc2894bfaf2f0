"""What platforms expect of an API: signed headers, `{code, msg, data}`, HTTP 200. The use cases are the core's."""
