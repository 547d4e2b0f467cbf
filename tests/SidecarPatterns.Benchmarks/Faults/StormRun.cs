using System.Diagnostics;
using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// A server that is down for a while, and all clients with their defaults beside each other, each of which is asked for as many calls a second whatever comes
/// of them: what load it sees from each, and when calls are good again. The load is so small that nobody is in another's way.
/// </summary>
internal static class StormRun
{
    private const int CallsPerSecond = 100;
    private const double GoodShare = 0.99;
    private const double GoalRequests = 1.2; // The budget lets a tenth more through, beside its burst and one a second.
    private const double GoalSeconds = 12; // The second break, of ten seconds and a little more, may just have begun.

    private static readonly TimeSpan Down = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Back = TimeSpan.FromSeconds(16);
    private static readonly TimeSpan End = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Uri server, TextWriter output, Goals goals)
    {
        StormCalls[] clients = [.. FaultClients.All.Select(client => new StormCalls(client.Name, client.Create, server))];
        var clock = Stopwatch.StartNew();
        using var end = new CancellationTokenSource();
        Task[] producing = [.. clients.Select(client => client.ProduceAsync(CallsPerSecond, clock, End, end.Token))];
        foreach (int second in Enumerable.Range(0, (int)End.TotalSeconds))
        {
            await WaitUntilAsync(clock, TimeSpan.FromSeconds(second));
            if (second == (int)Down.TotalSeconds || second == (int)Back.TotalSeconds)
                await Task.WhenAll(clients.Select(client => client.SetAsync(second == (int)Down.TotalSeconds ? 100 : 0)));

            await Task.WhenAll(clients.Select(client => client.NoteRequestsAsync(second)));
        }

        await WaitUntilAsync(clock, End);
        await Task.WhenAll(clients.Select(client => client.NoteRequestsAsync((int)End.TotalSeconds)));
        await end.CancelAsync();
        await Task.WhenAll(producing);
        Write(output, clients);
        goals.AtMost("a server that is down: requests per call of the ambassador", GoalRequests, clients[FaultClients.Ours].RequestsPerCall(Down, Back));
        goals.AtMost("seconds until its calls are good again", GoalSeconds, clients[FaultClients.Ours].GoodAgainAfter(Back, End, GoodShare), "0");
        Array.ForEach(clients, static client => client.Dispose());
    }

    private static void Write(TextWriter output, StormCalls[] clients)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| down for {(Back - Down).TotalSeconds:0} s, {CallsPerSecond} calls/s | requests/s before | while down | most in a second | requests/call | most after | % good after | good again, s |"));
        output.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        foreach (StormCalls client in clients)
        {
            double again = client.GoodAgainAfter(Back, End, GoodShare);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {client.Name} | {client.RequestsPerSecond(TimeSpan.FromSeconds(1), Down):0} | {client.RequestsPerSecond(Down, Back):0.0} | {client.Peak(Down, Back):0} | {client.RequestsPerCall(Down, Back):0.00} "
                    + $"| {client.Peak(Back, End):0} | {100 * client.GoodShare(Back, End):0.0} | {(double.IsPositiveInfinity(again) ? "not yet" : again.ToString("0", CultureInfo.InvariantCulture))} |"));
        }

        output.WriteLine();
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"% good after: of the calls that begin in the {(End - Back).TotalSeconds:0} s after it came back. good again: the first second of them from which on {GoodShare:P0} are."));
        output.WriteLine();
    }

    private static async Task WaitUntilAsync(Stopwatch clock, TimeSpan when)
    {
        while (clock.Elapsed < when)
            await Task.Delay(when - clock.Elapsed + TimeSpan.FromMilliseconds(1));
    }
}
