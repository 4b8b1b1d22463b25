#!/usr/bin/env node
// npm links this file at install time, when nothing is built yet.
import "../dist/confed.mjs";
