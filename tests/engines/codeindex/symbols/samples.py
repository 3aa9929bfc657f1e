# SPDX-License-Identifier: Apache-2.0
"""Small honest files of many languages, and symbols that are known to be in them."""

from typing import Final

C: Final = b"""\
#include <stdint.h>
#define LIMIT 16

struct point {
	int x;
	int y;
};

enum colour { RED, GREEN };
typedef struct point point_t;
static int count;
int area(const struct point *p);

int area(const struct point *p)
{
	count++;
	return p->x * p->y;
}
"""
CPP: Final = b"""\
namespace net {
template <typename T>
class Queue {
public:
    void push(T item);
    bool empty() const { return size_ == 0; }
private:
    int size_ = 0;
};
template <typename T>
void Queue<T>::push(T item)
{
    ++size_;
}
}
"""
JAVA: Final = b"""\
package org.example;

public class Door {
    private final int width;
    interface Lock { void turn(); }
    public Door(int width) { this.width = width; }
    int area(int height) {
        return width * height;
    }
}
"""
GO: Final = b"""\
package main

type Server struct {
	Port int
}

func (s *Server) Listen() error {
	return nil
}

func main() {
}
"""
RUST: Final = b"""\
pub mod wire {
    pub struct Frame { pub length: u32 }
    impl Frame {
        pub fn parse(bytes: &[u8]) -> Option<Frame> {
            None
        }
    }
    pub trait Codec { fn encode(&self); }
}
macro_rules! twice { ($e:expr) => { $e; $e } }
"""
PYTHON: Final = b"""\
LIMIT = 3

class Door:
    def open(self, hard=False):
        def inner():
            pass
        return inner

def main():
    return Door()
"""
JAVASCRIPT: Final = b"""\
const limit = 3;
class Door {
  open() { return true; }
}
function main(argument) {
  return new Door();
}
"""
TYPESCRIPT: Final = b"""\
interface Shape { area(): number; }
enum Side { Left, Right }
export class Box implements Shape {
  constructor(private width: number) {}
  area(): number { return this.width; }
}
function make(): Box { return new Box(1); }
"""
PHP: Final = b"""\
<?php
namespace App;
interface Kept {}
class Door {
    const LIMIT = 3;
    public function open() { return true; }
}
function main() { return new Door(); }
"""
PERL: Final = b"""\
package Door;
use constant LIMIT => 3;
sub open_it {
    my ($self) = @_;
    return 1;
}
1;
"""
SHELL: Final = b"""\
#!/bin/sh
alias ll='ls -l'
start() {
    echo start
}
stop() { echo stop; }
"""
ASSEMBLER: Final = b"""\
.macro save reg
	push \\reg
.endm
.globl entry
entry:
	mov %eax, %ebx
	ret
"""
MAKE: Final = b"""\
CFLAGS = -O2
all: program
program: main.o
	$(CC) -o $@ $<
"""
KCONFIG: Final = b"""\
menu "Networking"
config NET_FAST
	bool "Fast"
endmenu
"""
SQL: Final = b"""\
CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  name TEXT
);
CREATE VIEW people AS SELECT name FROM person;
"""

SAMPLES: Final[dict[str, tuple[bytes, set[tuple[str, str, int]]]]] = {
    "src/a.c": (
        C,
        {
            ("LIMIT", "macro", 2),
            ("point", "struct", 4),
            ("x", "member", 5),
            ("RED", "enumerator", 9),
            ("point_t", "typedef", 10),
            ("count", "variable", 11),
            ("area", "prototype", 12),
            ("area", "function", 14),
        },
    ),
    "src/a.cc": (
        CPP,
        {("net", "namespace", 1), ("Queue", "class", 3), ("empty", "function", 6), ("push", "function", 11)},
    ),
    "Door.java": (JAVA, {("Door", "class", 3), ("width", "field", 4), ("Lock", "interface", 5), ("area", "method", 7)}),
    "main.go": (GO, {("Server", "struct", 3), ("Port", "member", 4), ("Listen", "func", 7), ("main", "func", 11)}),
    "wire.rs": (RUST, {("wire", "module", 1), ("Frame", "struct", 2), ("parse", "method", 4), ("twice", "macro", 10)}),
    "door.py": (
        PYTHON,
        {("LIMIT", "variable", 1), ("Door", "class", 3), ("open", "member", 4), ("main", "function", 9)},
    ),
    "door.js": (
        JAVASCRIPT,
        {("limit", "constant", 1), ("Door", "class", 2), ("open", "method", 3), ("main", "function", 5)},
    ),
    "box.ts": (
        TYPESCRIPT,
        {("Shape", "interface", 1), ("Side", "enum", 2), ("Box", "class", 3), ("make", "function", 7)},
    ),
    "door.php": (
        PHP,
        {("Kept", "interface", 3), ("Door", "class", 4), ("open", "function", 6), ("main", "function", 8)},
    ),
    "Door.pm": (PERL, {("Door", "package", 1), ("LIMIT", "constant", 2), ("open_it", "subroutine", 3)}),
    "run.sh": (SHELL, {("ll", "alias", 2), ("start", "function", 3), ("stop", "function", 6)}),
    "bin/start": (SHELL, {("start", "function", 3)}),
    "boot.S": (ASSEMBLER, {("save", "macro", 1), ("entry", "label", 5)}),
    "Makefile": (MAKE, {("CFLAGS", "macro", 1), ("all", "target", 2)}),
    "net/Kconfig": (KCONFIG, {("Networking", "menu", 1), ("NET_FAST", "config", 2)}),
    "schema.sql": (SQL, {("person", "table", 1), ("name", "field", 3), ("people", "view", 5)}),
}
