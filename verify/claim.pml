/* SPDX-License-Identifier: MIT */
/*
 * The claim protocol of lib/accept*.c and lib/claim.c, for spin: CPUs, one table of two words, the
 * guard on. A call asks for any range and waits for others or not; the platform may reject any
 * unit.
 *
 * One atomic operation of the code is one step here. The platform's call is two steps, its begin
 * and its end, so that any other step can happen between them. A run may end after any unit,
 * which stands for every bound on its length. Steps that no other CPU observes are joined to their
 * neighbour.
 *
 * CPUS, UNITS  how many there are; a word has two units
 * FOREVER      defined: each CPU makes one call after the other, and all units are unaccepted at
 *              the start. Else each makes one call, and earlier ones may have accepted any unit or
 *              failed to; then no execution is endless, so that spin's search for processes that
 *              end where they should not finds every CPU that waits in vain.
 * GIVEBACK     defined: besides, lib/hotplug.c releases a range and adds it again, or claims it and
 *              gives the claims back since it has lost one; for 2 CPUs. The range may be the guard
 *              of what a call needs, or of what is in use
 * BROKEN       1 to 14: the protocol with a mistake, each of which the checks must find
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
#define LOWEST(bits) ((bits) & -(bits))

/* The units of the word that holds one unit; a word at the end may have one alone. */
#define WORD(unit) (((unit) | ((unit) & 5) << 1 | ((unit) & 10) >> 1) & ALL)

/* The words that all CPUs share: a bit for each unit. Of a word that is taken as a whole, or by
 * units, both units' bits are set. */
byte unaccepted = ALL, claimed, failed, taken, by_units;

/* The state of the memory, independent of the words: a call of the platform for the unit is under
 * way; the platform has accepted or rejected it; every byte is accepted. */
byte calling, touched, accepted;

/* Units that are the host's, on their way to it or back: the list of struct cvm_share has them. */
byte listed;

/* The units that each CPU's call needs; 0: it has made none yet. */
byte needs[CPUS];
#define NEED needs[me]

#ifdef GIVEBACK
/* Of those, what is the caller's own, without the guard; what is in use after a call; and what no
 * allocator has, from its release until all of it was added again. */
byte owns[CPUS], used, away;
#define OWN    owns[me]
#define OWNED  (owns[0] | owns[1] | used)
#define GUARDS (used << 1 & ALL & ~used)
#define AWAY   away
#else
#define OWN  NEED
#define AWAY listed
#endif

/* Any units that are neighbours, and the guard behind. */
inline any_range() {
	select(first : 0 .. UNITS - 1);
	select(last : first .. UNITS - 1);
	NEED = (2 << last) - (1 << first);
#ifdef GIVEBACK
	OWN = NEED;
#endif
	NEED = (NEED | NEED << 1) & ALL;
#if !defined(FOREVER) && !defined(GIVEBACK)
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

/* Does the run go on with these units? */
#define FITS(bits) (!mine || mine << 1 & LOWEST(bits))

/* Of the word of the lowest unit that is left: what to claim, side by side, of what is unaccepted;
 * `bits` keeps what is behind it. */
inline look() {
	word = WORD(LOWEST(bits));
#if BROKEN == 9
	want = unaccepted & word;
#else
	want = unaccepted & word & bits;
#endif
	if
	:: !want -> bits = bits & ~word;
	:: want -> bits = bits & ~word; /* to the end of the word */
#ifdef LIMITS
	:: want & (want - 1) -> /* a run may end after any unit */
		want = LOWEST(want);
		bits = bits & ~want;
#endif
	fi;
	word = 0;
}

/* With the word all of its units are claimed. */
inline claim_word() {
	taken = taken | want;
	claimed = claimed | want;
	mine = mine | want;
	want = 0;
}

inline claim_units() {
	won = want & ~claimed;
	lost = lost || won != want;
	claimed = claimed | want;
	want = 0;
}

inline call_begins() {
	assert(!(calling & mine) && !(touched & mine)); /* I2 */
	assert(SUBSET(mine, NEED)); /* nothing that the caller does not need */
	assert(!(listed & mine)); /* nothing that is the host's */
	calling = calling | mine;
}

/* The platform has accepted `done` and stopped at `bad`, if that is not 0. */
inline call_ends() {
	touched = touched | done | bad;
	accepted = accepted | done;
	calling = calling & ~mine;
}

proctype cpu(byte me) {
	byte bits, want, won, mine, done, bad, first, last, word;
	bool lost, waits, error;

again:
	atomic {
		any_range();
		!(OWN & AWAY);
		bits = ASKED;
	}

claim:
	/* First this CPU's own units. */
	do
	:: atomic { bits && !want && !won && FITS(bits) -> look(); }

	/* A word as a whole, where none of its units is claimed. */
#if BROKEN == 10
	:: atomic { want && FITS(want) && want == WORD(LOWEST(want)) && want & (want - 1) ->
			claim_word(); }
#else
	:: atomic { want && FITS(want) && want == WORD(LOWEST(want)) && want & (want - 1) &&
			!(taken & want) -> claim_word(); }
#endif
	/* Else by units. Of a word that another CPU has as a whole only what was given back. */
	:: atomic { want && FITS(want) && !(by_units & want) &&
			(taken & want || want != WORD(LOWEST(want)) || !(want & (want - 1))) ->
			if
			:: taken & want ->
#if BROKEN == 8
				/* The word's bits, none of which is set, are read as claims. */
				won = want;
				want = 0;
#else
				/* Those that were given back are free. */
				claim_units();
#endif
			:: else ->
				taken = taken | WORD(LOWEST(want));
				by_units = by_units | WORD(LOWEST(want));
			fi;
		}
#if BROKEN == 1
	/* Test, then set: another CPU may come between. */
	:: atomic { want && FITS(want) && by_units & want && !won -> won = want & ~claimed;
			lost = lost || won != want;
			if
			:: !won -> want = 0;
			:: else
			fi;
		}
	:: atomic { want && won -> claimed = claimed | want; want = 0; }
#else
	:: atomic { want && FITS(want) && by_units & want -> claim_units(); }
#endif
	:: atomic { !want && won && FITS(won) -> mine = mine | won; won = 0; }

	/* The run ends: here, or where it must since what is next does not go on with it. */
	:: atomic {
#if BROKEN == 3
			mine && !bits && false ->
#else
			mine ->
#endif
			call_begins();
#if BROKEN == 2
			unaccepted = unaccepted & ~mine;
#endif
		}
call:
		if
		:: atomic { done = mine; call_ends(); }
		:: atomic { /* rejected: a page of the lowest unit, of another, or one ahead */
				bad = LOWEST(mine);
				if
				:: true
				:: mine & ~bad -> done = bad; bad = LOWEST(mine & ~bad);
				:: mine & ~bad -> bad = LOWEST(mine & ~bad);
				fi;
				call_ends();
			}
		fi;
		/* A word at a time. */
		do
		:: atomic { done && SUBSET(done, WORD(LOWEST(done))) || done ->
				word = done & WORD(LOWEST(done));
#if BROKEN == 7
				unaccepted = unaccepted & ~(word | bad);
#else
				unaccepted = unaccepted & ~word;
#endif
				mine = mine & ~word;
				done = done & ~word;
				word = 0;
			}
		:: atomic { !done && bad ->
				error = true;
#if BROKEN == 4
				claimed = claimed & ~bad; /* gives the claim back */
#endif
#if BROKEN != 6
				failed = failed | bad;
#endif
				mine = mine & ~bad;
				bad = 0;
			}
		:: atomic { !done && !bad && mine -> call_begins(); goto call; }
		:: atomic { !done && !bad && !mine -> break; }
		od;

	:: atomic {
#if BROKEN == 3
			!bits && !want && !won ->
#else
			!bits && !want && !won && !mine ->
#endif
			/* The code goes on only if it has lost a claim. Else it would find
			 * nothing now, or what it has lost itself. */
			if
			:: lost -> bits = unaccepted & ASKED & ~mine;
			:: else
			fi;
			lost = false;
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
	:: atomic { bits && !(unaccepted & LOWEST(bits)) -> bits = bits & (bits - 1); }
	:: atomic {
			failed & LOWEST(bits) -> error = true;
			bits = bits & (bits - 1);
		}
#if BROKEN != 11
	:: atomic { /* it was given back: this CPU claims it, as in a call that begins */
			waits && unaccepted & ~failed & ~claimed & LOWEST(bits) -> bits = ASKED;
			waits = false;
			goto claim;
		}
#endif
	:: atomic { /* CVM_EBUSY: what it sees of the rest makes no difference */
			!waits && unaccepted & ~failed & LOWEST(bits) -> error = true;
			bits = 0;
		}
#if BROKEN == 3
	:: atomic {
			!bits && mine -> done = mine;
			call_begins();
			call_ends();
			unaccepted = unaccepted & ~mine;
			mine = 0;
			done = 0;
		}
#endif
	:: atomic {
			!bits && !mine -> skip;
			/* I3, and I4 as the caller sees it: all of it, guard included, or an error. A
			 * guard that is the host's is not mapped. */
			assert(error || SUBSET(NEED, accepted & ~unaccepted | listed & ~OWN));
			waits = false;
#ifdef FOREVER
			error = false;
			NEED = 0;
			goto again;
#else
#ifdef GIVEBACK
			if
			:: !error -> used = used | OWN;
			:: true
			fi;
			NEED = 0;
			OWN = 0;
#endif
			error = false;
			break;
#endif
		}
	od;
}

#ifdef GIVEBACK
/* cvm_memory_release() and cvm_memory_add(), of any range that is accepted or unaccepted as a whole.
 * What is no CPU's is released; else the claims are given back, as when one is lost. */
proctype giver() {
	byte bits, mine, once, word, first, last;

	atomic {
		select(first : 0 .. UNITS - 1);
		select(last : first .. UNITS - 1);
		bits = ((2 << last) - (1 << first)) & ALL;
		first = 0;
		last = 0;
	}
	if
	:: atomic { SUBSET(bits, accepted & ~unaccepted) && !(bits & OWNED) ->
			listed = listed | bits;
			away = bits;
			mine = bits;
		}
		atomic { accepted = accepted & ~mine; touched = touched & ~mine; goto add; }
	:: atomic { SUBSET(bits, unaccepted) -> skip; }
	:: atomic { !SUBSET(bits, accepted & ~unaccepted) && !SUBSET(bits, unaccepted) ||
			bits & used -> goto over;
		}
	fi;

	/* claim_all() */
	do
	:: atomic { bits && !(taken & LOWEST(bits)) ->
			taken = taken | WORD(LOWEST(bits));
			by_units = by_units | WORD(LOWEST(bits));
		}
	:: atomic { bits && taken & LOWEST(bits) ->
			word = bits & WORD(LOWEST(bits));
			bits = bits & ~word;
			if
			:: claimed & word -> bits = 0; first = 1; /* lost one: give all back */
			:: else
			fi;
#if BROKEN == 12
			mine = mine | word;
#else
			mine = mine | word & ~claimed;
#endif
			claimed = claimed | word;
			word = 0;
		}
	:: atomic { !bits && (first || mine & OWNED) -> first = 0; goto give; }
	:: atomic { !bits && !first && !(mine & OWNED) ->
			listed = listed | mine;
			away = mine;
			break;
		}
	od;
	bits = mine;
	do
	:: atomic { bits ->
			word = bits & WORD(LOWEST(bits));
			unaccepted = unaccepted & ~word;
			bits = bits & ~word;
			word = 0;
		}
	:: atomic { !bits -> break; }
	od;

	/* What is before it may be in use, or a call for it under way: the first unit is accepted at
	 * once, and its claim stays. */
add:
	once = LOWEST(mine);
#if BROKEN == 14
	atomic {
		if
		:: unaccepted & once >> 1 -> once = 0;
		:: else
		fi;
	}
#endif
	atomic {
		mine = mine & ~once;
		claimed = claimed | once;
		assert(!((touched | calling) & once)); /* I2 */
		touched = touched | once;
		accepted = accepted | once;
	}
	listed = listed & ~once;
	once = 0;

	/* All of the rest is private again. */
	bits = mine;
#if BROKEN == 13
	listed = listed & ~mine;
#endif
	do
	:: atomic { bits ->
			word = bits & WORD(LOWEST(bits));
			claimed = claimed | word;
			word = 0;
		}
		atomic {
			word = bits & WORD(LOWEST(bits));
			unaccepted = unaccepted | word;
			bits = bits & ~word;
			word = 0;
		}
	:: atomic { !bits -> break; }
	od;
	listed = listed & ~mine;
give:
	do
	:: atomic { mine -> claimed = claimed & ~(mine & WORD(LOWEST(mine)));
			mine = mine & ~WORD(LOWEST(mine));
		}
	:: atomic { !mine -> away = 0; break; }
	od;
over:
	skip;
}
#endif

/* Can take a step only when an invariant is broken, so that it adds no states. */
active proctype observer() {
end:
	do
	:: !SUBSET(~unaccepted & ALL, accepted | listed) -> assert(false); /* I4 */
	:: !SUBSET(failed, unaccepted) -> assert(false); /* a failed unit stays unaccepted */
	:: !SUBSET(touched | calling, claimed) -> assert(false); /* a claim stays */
#ifdef GIVEBACK
	/* The guard of what is in use. */
	:: !SUBSET(GUARDS, accepted & ~unaccepted | listed) -> assert(false);
#endif
	od;
}

init {
	byte number;

	atomic {
#ifdef BEFORE
		select(unaccepted : 0 .. ALL);
		select(failed : 0 .. ALL);
		failed = failed & unaccepted;
		accepted = ALL & ~unaccepted;
		claimed = accepted | failed;
		touched = claimed;
		/* A word of which some are left has been claimed by units. */
		by_units = claimed | (claimed << 1 & 10) | (claimed >> 1 & 5);
		by_units = by_units & ALL;
		taken = by_units;
#endif
#ifdef GIVEBACK
		/* Or as a whole. */
		if
		:: SUBSET(WORD(1), claimed) -> by_units = by_units & ~WORD(1);
		:: true
		fi;
		if
		:: SUBSET(WORD(4), claimed) -> by_units = by_units & ~WORD(4);
		:: true
		fi;
		run giver();
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
