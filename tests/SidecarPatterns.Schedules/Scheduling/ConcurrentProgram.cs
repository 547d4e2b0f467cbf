namespace SidecarPatterns;

/// <summary>A few threads that share something, and what must be so in the end.</summary>
/// <param name="Threads">What each does.</param>
/// <param name="Check">Looks at what they have left; throws if it is wrong.</param>
internal sealed record ConcurrentProgram(IReadOnlyList<Action> Threads, Action Check)
{
    private const int Few = 20;

    // By hand, SIDECAR_SCHEDULES_DEEPER=1 goes through a hundred thousand more: each schedule with one interruption more than the tests ask for.
    private static readonly int Deeper = Environment.GetEnvironmentVariable("SIDECAR_SCHEDULES_DEEPER") is { Length: > 0 } text
        ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>Runs it in every schedule with so many interruptions.</summary>
    /// <exception cref="ScheduleException">One came to something that must not be.</exception>
    public static void RunInEach(int interruptions, Func<ConcurrentProgram> create)
    {
        var schedule = new EachSchedule(interruptions + Deeper);
        var count = 0;
        do
        {
            create().RunIn(schedule, $"schedule {count}");
            count++;
        }
        while (schedule.MoveNext());

        TestContext.Out.WriteLine($"{count} schedules");
        Assert.That(count, Is.GreaterThan(Few), "or nothing was explored");
    }

    /// <summary>Runs it in schedules that are drawn by lot.</summary>
    /// <exception cref="ScheduleException">One came to something that must not be.</exception>
    public static void RunInRandom(int count, Func<int, ConcurrentProgram> create)
    {
        for (var seed = 0; seed < count; seed++)
        {
            create(seed).RunIn(new RandomSchedule(seed), $"seed {seed}");
        }
    }

    private void RunIn(IChooser chooser, string what)
    {
        try
        {
            Schedule.Run(chooser, Threads);
            Check();
        }
        catch (Exception exception)
        {
            throw new ScheduleException($"{what}: {exception.Message}", exception);
        }
    }
}
