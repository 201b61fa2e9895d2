"""WebDAV under ``/dav`` (protocol.md §15): who may see what, the tree as the library wants it, and the door in front."""
