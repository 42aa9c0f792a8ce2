"""The HTTP edge: declared endpoints, problem documents, bodies, fields, paging, multipart."""
