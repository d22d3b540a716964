#!/usr/bin/env node
import { clowderCommand } from './clowder-command.js'

process.exitCode = clowderCommand(process.argv.slice(2), process)
