#!/usr/bin/env node
console.log('ltx')
