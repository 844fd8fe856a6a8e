module berth.dev/faults

go 1.22
