"""The ways into the emulator: native gRPC, gRPC-Web, plain HTTP, and the front that tells them apart."""
