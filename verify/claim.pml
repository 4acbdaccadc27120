/* SPDX-License-Identifier: MIT */
/*
 * The claim protocol of lib/accept.c, for spin: CPUs, one table, the guard on. A call asks for any
 * range and waits for others or not; the platform may reject any unit.
 *
 * One atomic operation of the code is one step here. The platform's call is two steps, its begin
 * and its end, so that any other step can happen between them. Steps that no other CPU observes
 * are joined to their neighbour: the begin to the claim, the end to the publication.
 *
 * CPUS, UNITS  how many there are
 * FOREVER      defined: each CPU makes one call after the other, and all units are unaccepted at
 *              the start. Else each makes one call, and earlier ones may have accepted any unit or
 *              failed to; then no execution is endless, so that spin's search for processes that
 *              end where they should not finds every CPU that waits in vain.
 * BROKEN       1 to 6: the protocol with a mistake, each of which the checks must find
 */

#ifndef CPUS
#define CPUS 3
#endif
#ifndef UNITS
#define UNITS 4
#endif
#ifndef BROKEN
#define BROKEN 0
#endif

#define ALL	     ((1 << UNITS) - 1)
#define SUBSET(a, b) (((a) & ~(b)) == 0)

/* The words that all CPUs share, a bit for each unit. */
byte unaccepted = ALL, claimed, failed;

/* The state of the memory, independent of the words: the platform's call for the unit has begun; it
 * has ended, and every byte is accepted. */
byte begun, accepted;

/* The units that each CPU's call needs; 0: it has made none yet. */
byte needs[CPUS];
#define NEED needs[me]

/* Any units that are neighbours, and the guard behind. */
inline any_range() {
	select(first : 0 .. UNITS - 1);
	select(last : first .. UNITS - 1);
	NEED = (2 << last) - (1 << first);
	NEED = (NEED | NEED << 1) & ALL;
#ifndef FOREVER
	/* By symmetry any CPU can make any call, so they are in order. */
	for (first : 0 .. CPUS - 1) {
		if
		:: first < me && NEED < needs[first] -> NEED = needs[first];
		:: first > me && needs[first] && NEED > needs[first] -> NEED = needs[first];
		:: else
		fi;
	}
#endif
	first = 0;
	last = 0;
}

#if BROKEN == 5
/* The guard is forgotten: the highest unit, if there are two. */
#define ASKED (NEED & (NEED >> 1 | (NEED & -NEED)))
#else
#define ASKED NEED
#endif

/* `bits` are the units that are still left, in ascending order. */
#define UNIT (bits & -bits)

inline next() {
	bits = bits & (bits - 1);
}

inline call_begins() {
	assert(!(begun & UNIT)); /* I2 */
	begun = begun | UNIT;
}

inline publish() {
	unaccepted = unaccepted & ~UNIT;
}

inline call_ends() {
	if
	:: atomic {
			accepted = accepted | UNIT;
#if BROKEN != 2
			publish();
#endif
			next();
		}
	:: atomic { /* rejected */
			error = true;
#if BROKEN == 4
			claimed = claimed & ~UNIT; /* gives the claim back */
#endif
#if BROKEN != 6
			failed = failed | UNIT;
#endif
			next();
		}
	fi;
}

inline claim() {
#if BROKEN != 1
	won = !(claimed & UNIT);
#endif
	claimed = claimed | UNIT;
#if BROKEN == 2
	if
	:: won -> publish();
	:: else
	fi;
#endif
#if BROKEN == 3
	mine = mine | (won -> UNIT : 0); /* claims all, accepts later */
	won = false;
#endif
}

proctype cpu(byte me) {
	byte bits, mine, first, last;
	bool won, waits, error;

again:
	atomic {
		any_range();
		bits = unaccepted & ASKED;
	}

	/* First this CPU's own units. */
	do
#if BROKEN == 1
	/* Test, then set: another CPU may come between. */
	:: bits -> won = !(claimed & UNIT);
#endif
	:: atomic {
			bits -> claim();
			if
			:: won ->
				won = false;
				call_begins();
			:: else ->
				next();
				goto next_unit;
			fi;
		}
		call_ends();
next_unit:
	:: atomic {
			/* The code goes on only if it has lost a claim. Else it would find
			 * nothing now, or what it has lost itself. */
			!bits -> bits = unaccepted & ASKED & ~mine;
			if
			:: bits -> waits = true; /* cvm_accept() */
			:: bits -> waits = false; /* cvm_accept_nowait() */
			:: !bits
			fi;
			break;
		}
	od;

	/* Then what others have begun. */
	do
	:: atomic { bits && !(unaccepted & UNIT) -> next(); }
	:: atomic {
			failed & UNIT -> error = true;
			next();
		}
	:: atomic { /* CVM_EBUSY: what it sees of the rest makes no difference */
			!waits && unaccepted & ~failed & UNIT -> error = true;
			bits = 0;
		}
#if BROKEN == 3
	:: atomic {
			!bits && mine -> bits = mine & -mine;
			mine = mine & ~bits;
			call_begins();
		}
		call_ends();
#endif
	:: atomic {
			!bits && !mine -> skip;
			/* I3, and I4 as the caller sees it: all of it, guard included, or an error. */
			assert(error || SUBSET(NEED, accepted & ~unaccepted));
			waits = false;
			error = false;
#ifdef FOREVER
			NEED = 0;
			goto again;
#else
			break;
#endif
		}
	od;
}

/* Can take a step only when an invariant is broken, so that it adds no states. */
active proctype observer() {
end:
	do
	:: !SUBSET(~unaccepted & ALL, accepted) -> assert(false); /* I4 */
	:: !SUBSET(failed, unaccepted) -> assert(false); /* a failed unit stays unaccepted */
	:: !SUBSET(begun, claimed) -> assert(false); /* a claim stays */
	od;
}

init {
	byte number;

	atomic {
#ifndef FOREVER
		select(unaccepted : 0 .. ALL);
		select(failed : 0 .. ALL);
		failed = failed & unaccepted;
		accepted = ALL & ~unaccepted;
		claimed = accepted | failed;
		begun = claimed;
#endif
		for (number : 0 .. CPUS - 1) {
			run cpu(number);
		}
		number = 0;
	}
}

/* Every call returns, if every CPU that can continue does so eventually. By symmetry one CPU stands
 * for all. */
ltl returns { [] (needs[0] -> <> !needs[0]) }
