namespace SidecarPatterns.Tests;

/// <summary>What a server does, request by request, drawn at random: it is well or ill for a while, and slow at times.</summary>
/// <param name="random">The choice.</param>
/// <param name="slowest">How long it takes at most when it is slow.</param>
internal sealed class ServerScript(Random random, TimeSpan slowest)
{
    private static readonly (int Status, HttpRequestError Error)[] Failures =
    [
        (500, default), (500, default), (502, default), (503, default), (503, default), (429, default), (429, default),
        (0, HttpRequestError.ConnectionError), (0, HttpRequestError.ConnectionError), (0, HttpRequestError.ResponseEnded),
        (0, HttpRequestError.UserAuthenticationError),
    ];

    private int _left; // Until it is in another mood.
    private double _goodness;
    private double _slowness;

    public ScriptedEnd Next()
    {
        if (_left-- == 0)
        {
            _left = random.Next(2, 20);
            _goodness = random.Next(6) switch { 0 => 0, 1 => 0.2, 2 or 3 => 0.5, 4 => 0.8, _ => 1 };
            _slowness = random.Next(3) == 0 ? random.NextDouble() : 0.05;
        }

        var delay = random.Next(6) == 0 ? TimeSpan.Zero : (random.NextDouble() < _slowness ? slowest : TimeSpan.FromMilliseconds(60)) * random.NextDouble();
        if (random.NextDouble() < _goodness)
        {
            return new ScriptedEnd(delay, 200);
        }

        var (status, error) = Failures[random.Next(Failures.Length)];
        return new ScriptedEnd(delay, status, error, status is 429 or 503 && random.Next(2) == 0 ? random.Next(0, 8) : null);
    }
}
