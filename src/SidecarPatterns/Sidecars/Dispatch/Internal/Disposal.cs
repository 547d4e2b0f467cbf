namespace SidecarPatterns;

/// <summary>Disposes of an object in the best way it knows, if it knows any.</summary>
internal readonly struct Disposal : IAsyncDisposable
{
    private readonly object? _instance;

    private Disposal(object instance) => _instance = instance;

    public static Disposal Of(object instance) => new(instance);

    public ValueTask DisposeAsync()
    {
        switch (_instance)
        {
            case IAsyncDisposable asynchronous:
                return asynchronous.DisposeAsync();
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }

        return default;
    }
}
