"""The faces of the replaced modules, held beside the running standard library's."""
